# The health check of Kafka: asks the broker, in its own protocol, what it can do (ApiVersions), and reads the answer.
# An open port alone would not show that anybody is at home; Kafka's own tools would start a Java machine each time.
set -eu
exec 3<>/dev/tcp/127.0.0.1/9092
printf '\x00\x00\x00\x11\x00\x12\x00\x00\x00\x00\x00\x01\x00\x07healthy' >&3
answer=$(head -c 10 <&3 | tail -c 6 | od -An -tx1 | tr -d ' \n')
[ "$answer" = 000000010000 ] || { echo "The broker's answer is not the one expected: $answer"; exit 1; }
