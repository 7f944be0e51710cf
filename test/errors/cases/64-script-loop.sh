for ip in $(cat blocked.txt); do
  iptables -I DOCKER-USER -s $ip -j DROP
done
