iptables -A DOCKER-USER -s 10.0.0.0/8 -j ACCEPT
iptables -D DOCKER-USER 3
