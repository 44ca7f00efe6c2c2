# Makes the certificates and secrets of the trial in keys/, which git ignores. What is there already stays as it is.
# Needs ev-admin, of the project's environment or of its image.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p keys

ev-admin certs keys --host central --host point

secret() { # FILE [BEFORE]: a new secret, where there is none
    if [ ! -s "keys/$1" ]; then
        python3 -c "import secrets, sys; print(sys.argv[1] + secrets.token_hex(32))" "${2:-}" > "keys/.part"
        mv keys/.part "keys/$1"
    fi
}

# PostgreSQL takes its password when its volume is new, and keeps it.
secret database.env password=
# With it Central seals what stands in the database: who loses it enrols everybody anew.
secret secrets.key
secret metrics.token
for who in operator point-point-0 point-point-1 driver-D001; do
    secret "$who.secret"
done
