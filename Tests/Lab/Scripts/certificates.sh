#!/bin/sh
# Makes a test authority in FOLDER (ca.pem), and certificates by it, each with its key:
#
#   server.pem      for 127.0.0.1 and localhost
#   elsewhere.pem   for another name
#   expired.pem     no longer valid
#   client.pem      a client's; locked.key is its key under the passphrase `opensesame`
#   stranger.pem    by an authority of its own
#
# usage: certificates.sh FOLDER
set -eu
cd "$1"

key() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
}

# by_ca NAME SUBJECT-ALTERNATIVE-NAME DAYS
by_ca() {
    key "$1"
    printf 'subjectAltName = %s\nbasicConstraints = CA:FALSE\n' "$2" >"$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=lab $1" |
        openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days "$3" \
            -extfile "$1.ext" -out "$1.pem" 2>>log
}

key ca
openssl req -x509 -new -key ca.key -days 2 -subj "/CN=lab authority" -out ca.pem
by_ca server "IP:127.0.0.1,DNS:localhost,DNS:*.localhost" 2
by_ca elsewhere "DNS:elsewhere.example" 2
by_ca expired "IP:127.0.0.1" -1
by_ca client "DNS:client.example" 2
openssl ec -in client.key -aes256 -passout pass:opensesame -out locked.key 2>>log
key stranger
openssl req -x509 -new -key stranger.key -days 2 -subj "/CN=stranger" \
    -addext "subjectAltName = IP:127.0.0.1" -out stranger.pem
