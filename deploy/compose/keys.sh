# Makes what everybody of docker-compose.yml proves himself with, and enrols him. What is there already stays as it is.
#
# Without arguments all of it; with ROLE ID one more, such as "driver D7". The authority's folder is nobody else's; each of the others
# is the volume of those it is named after.
set -eu
umask 077
cd "${MADE:-/made}"
say() { echo "keys: $*"; }

enrol() { # FOLDER ROLE ID...: the secrets into the folder, and into the database
    folder=$1 role=$2
    shift 2
    ev-admin enroll "$role" "$@" --dir "$folder"
}

if [ $# -gt 0 ]; then
    case $1 in
        point) enrol points "$@" ;;
        driver) enrol drivers "$@" ;;
        admin) enrol operator "$@" ;;
        *) say "there is no role $1; it is point, driver or admin" >&2; exit 2 ;;
    esac
    exit 0
fi

pair() { # NAME FOLDER: certificate and key of a machine or a point to where they are used; the certificate last
    for kind in key pem; do
        for made in "authority/hosts/$1.$kind" "authority/points/$1.$kind"; do
            if [ -f "$made" ]; then cp "$made" "$2/.part" && mv "$2/.part" "$2/$1.$kind"; fi
        done
    done
}

# The names by which programs are reached, and the points.
set -- --host door --host driver-1 --host driver-2
for point in $POINTS; do
    name=$(echo "$point" | tr A-Z a-z)
    set -- "$@" --host "$name-engine" --host "$name-monitor" --point "$point"
done
ev-admin certs authority "$@" > /dev/null

pair door central
for name in driver-1 driver-2; do pair "$name" drivers; done
for point in $POINTS; do
    name=$(echo "$point" | tr A-Z a-z)
    for one in "$name-engine" "$name-monitor" "$point"; do pair "$one" points; done
done

# What Prometheus shows to read figures.
if [ ! -s authority/metrics.token ]; then
    python -c "import secrets; print(secrets.token_urlsafe(32))" > authority/.part
    mv authority/.part authority/metrics.token
fi
for folder in central points drivers operator watchers; do
    cp authority/ca.pem "$folder/.part" && mv "$folder/.part" "$folder/ca.pem"
done
for folder in central points drivers watchers; do
    cp authority/metrics.token "$folder/.part" && mv "$folder/.part" "$folder/metrics.token"
done
# The proxy and Prometheus are other users; nobody else has their volume.
chmod 0755 watchers
chmod 0644 watchers/ca.pem watchers/metrics.token

enrol points point $POINTS
enrol drivers driver $DRIVERS
enrol operator admin operator
say "made"
