iptables -I DOCKER-USER -i eth0 -p tcp --dprt 8080 -j DROP
iptables -A DOCKER-USR -i eth0 -s 192.0.2.0/24 -j RETURN
