iptables -A DOCKER-USER -s 10.0.0.0/8 -i eth0 -j ACCEPT
iptables -D DOCKER-USER -s 10.0.0.0/8 -j ACCEPT
