#!/bin/sh
# Only the office may use the published port 8080.
OFFICE=192.0.2.0/24

iptables -I DOCKER-USER ! -s $OFFICE -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP
