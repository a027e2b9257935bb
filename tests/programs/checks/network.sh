# The loopback network and its tools.

### nc over tcp
nc -l -p 2000 > got & sleep 0.2; echo hello | nc 127.0.0.1 2000; wait; cat got; nc 127.0.0.1 2000 < /dev/null; echo $?

### nc answers
nc -l -p 2001 -e cat & sleep 0.2; printf 'one\ntwo\n' | nc -w 2 127.0.0.1 2001; wait; nc -w 1 localhost 2002 < /dev/null; echo $?

### nc over udp
timeout 1 nc -u -l -p 2003 > got & sleep 0.2; echo datagram | timeout 0.4 nc -u 127.0.0.1 2003; wait; cat got

### nc and a big file
seq 50000 > f; mkfifo k; exec 9<> k; nc -l -p 2004 < k > g & sleep 0.2; nc 127.0.0.1 2004 < f > n; wait; cmp f g; md5sum < g

### nc over ipv6
nc -l -p 2005 > got & sleep 0.2; echo six | nc ::1 2005; wait; cat got

### nc keeps listening
nc -lk -p 2006 -e echo served & p=$!; sleep 0.2; for i in 1 2 3; do nc -w 1 127.0.0.1 2006 < /dev/null; done; { kill $p; wait $p; } 2>/dev/null; echo $?

### httpd and wget
mkdir www; echo '<p>index</p>' > www/index.html; seq 10000 > www/big; httpd -p 127.0.0.1:8080 -h www; sleep 0.2; wget -q -O - http://127.0.0.1:8080/; wget -q -O got http://127.0.0.1:8080/big; cmp got www/big; wget -q -O - http://127.0.0.1:8080/none; echo $?; wget -S -q -O /dev/null http://localhost:8080/big 2>&1 | grep -v 'Date\|Last-Mod\|ETag'; killall httpd

### httpd runs programs
mkdir -p www/cgi-bin; printf '#!/bin/sh\necho Content-Type: text/plain\necho\necho "$REQUEST_METHOD $QUERY_STRING $REMOTE_ADDR"\ncat\n' > www/cgi-bin/show; chmod 755 www/cgi-bin/show; httpd -f -p 8081 -h www & sleep 0.2; wget -q -O - 'http://127.0.0.1:8081/cgi-bin/show?a=1'; wget -q -O - --post-data 'x=2' http://127.0.0.1:8081/cgi-bin/show; printf 'GET /cgi-bin/show HTTP/1.0\r\n\r\n' | nc -w 1 127.0.0.1 8081 | tail -n 1; { kill $!; wait $!; } 2>/dev/null; echo $?

### wget continues
mkdir www; seq 5000 > www/f; httpd -p 8082 -h www; sleep 0.2; head -c 1000 www/f > f; wget -q -c http://127.0.0.1:8082/f; cmp f www/f; wget -q -T 1 http://127.0.0.1:9/x; echo $?; wget --spider -q http://127.0.0.1:8082/f; echo $?; killall httpd

### interfaces
ifconfig; ifconfig lo | head -n 2; ifconfig none; echo $?; ip link; ip addr show lo; ip -4 addr; ip route; ip -6 route | wc -l; ip link show none; echo $?; ip neigh; cat /proc/net/dev | wc -l

### netstat
nc -l -p 2011 & sleep 0.2; netstat -ltn; netstat -tln | wc -l; kill $!; wait 2>/dev/null; netstat -xan | head -n 2; netstat -un; netstat -rn; netstat -i

### sockets in proc
nc -l -p 2012 & sleep 0.2; awk '{print $2, $3, $4}' /proc/net/tcp6 /proc/net/tcp | grep 07DC; kill $!; cat /proc/net/udp | wc -l; head -n 1 /proc/net/unix; head -n 1 /proc/net/tcp

### names
nslookup localhost 127.0.0.1 2>&1 | head -n 3; hostname -i; nc -w 1 kevlar 1 < /dev/null; echo $?; nc nowhere.invalid 1 < /dev/null; echo $?; telnet 127.0.0.1 1; echo $?

### syslog
syslogd -n -O log & p=$!; sleep 0.3; logger -t tag -p user.err message; logger second; sleep 0.3; sed 's/^.* kevlar/kevlar/' log; { kill $p; wait $p; } 2>/dev/null; echo $?; sed 's/^.* kevlar/kevlar/' log | tail -n 1; ls -l /dev/log | cut -c1

### telnet
nc -l -p 2015 -e echo welcome & sleep 0.2; (sleep 0.5) | telnet 127.0.0.1 2015; echo $?

### tftp and ftp
tftp -g -r f 127.0.0.1 9 2>&1 | head -n 1; ftpget 127.0.0.1 -P 9 f f; echo $?

