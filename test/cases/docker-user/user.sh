#!/bin/sh
# Only the office may use the published port.
EXT=eth0
OFFICE=192.0.2.0/24

iptables -C DOCKER-USER -j OFFICE-ONLY 2>/dev/null || {
  iptables -N OFFICE-ONLY
  iptables -I DOCKER-USER -i $EXT -j OFFICE-ONLY
}
iptables -A OFFICE-ONLY -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
iptables -A OFFICE-ONLY -s $OFFICE -j RETURN
iptables -A OFFICE-ONLY -m conntrack --ctstate NEW -j DROP
