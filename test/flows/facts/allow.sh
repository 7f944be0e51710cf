iptables -I DOCKER-USER -i docker0 -o br-app -j ACCEPT
