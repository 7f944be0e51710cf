iptables -I DOCKER-USER 9 -s 10.0.0.0/8 -j DROP
