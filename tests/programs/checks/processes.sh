# Processes, signals, limits, times.

### exit statuses
for n in 0 1 2 126 127 128 255 256 257 -1; do sh -c "exit $n"; echo "$n $?"; done; /bin; echo $?; /etc/passwd; echo $?; ./none; echo $?; echo x > f; chmod 755 f; ./f; echo $?; : > g; chmod 755 g; ./g; echo $?; printf '\177ELFjunk' > h; chmod 755 h; ./h; echo $?

### scripts
printf '#!/bin/sh\necho "$0 $*"\n' > s; chmod 755 s; ./s a b; printf '#!/bin/cat -n\nline\n' > c; chmod 755 c; ./c; printf '#!/none\n' > n; chmod 755 n; ./n; echo $?; printf '#!./s arg\n' > r; chmod 755 r; ./r x; printf '#!./l\n' > l; chmod 755 l; ./l; echo $?; chmod 644 s; ./s; echo $?; sh s y

### killed by each signal
for s in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM VTALRM PROF IO SYS CHLD CONT URG WINCH; do sh -c "kill -$s \$\$; echo survived" 2>/dev/null; echo $s $?; done

### kill by name and number
kill -l 9; kill -l 143; kill -l TERM; kill -0 $$; echo $?; kill -0 999999; echo $?; kill -99 $$; echo $?; sleep 100 & kill -s USR1 $!; wait $!; echo $?; sleep 100 & p=$!; kill -CONT $p; kill -15 $p; wait $p; echo $?; kill -TERM 999999; echo $?

### trap and ignore
trap '' USR1; kill -USR1 $$; sh -c 'kill -USR1 $$; echo ignored by the child'; trap 'echo got TERM' TERM; kill $$; (kill $$; sleep 0.1); trap; trap - TERM; trap 'echo 0' 0; trap

### trap order
trap 'echo one' USR1; trap 'echo two' USR2; for i in 1 2 3; do kill -USR2 $$; kill -USR1 $$; done; trap 'echo err $?' EXIT; false

### trap in subshells
trap 'echo parent' EXIT; (trap 'echo child' EXIT; echo in); (echo none); sh -c 'trap "echo inner; exit 9" TERM; kill $$; echo no'; echo $?

### wait for children
(sleep 0.3; exit 3) & a=$!; (sleep 0.1; exit 4) & b=$!; wait $a; echo $?; wait $b; echo $?; wait $b; echo $?; wait 999999; echo $?; wait; echo $?

### background in a pipe
{ echo a; sleep 0.1; echo b & wait; } | cat; (sleep 0.2; echo late) | cat & echo first; wait; true | (sleep 0.1; false); echo $?; yes | head -n 1

### jobs without a terminal
sleep 5 & sleep 6 & jobs | cut -c1-30; kill %1; wait %1; echo $?; kill %2; wait; jobs; kill %9; echo $?

### setsid
setsid sh -c 'ps -o sid,pid,pgid,comm | while read a b c d; do [ $b = $$ ] && [ $a = $b ] && [ $b = $c ] && echo leader; done'; setsid -c true; echo $?; setsid sleep 0.1; echo $?

### nohup
nohup sh -c 'kill -HUP $$; echo survived' > out 2> err; cat out; nohup none; echo $?; (nohup sleep 100 & kill -HUP $!; sleep 0.1; kill $!; wait $!; echo $?) 2>/dev/null

### timeout
timeout 0.2 sleep 5; echo $?; timeout -s INT 0.1 sleep 5; echo $?; timeout 5 sh -c 'exit 42'; echo $?; timeout 1 none; echo $?; timeout x true; echo $?

### nice
nice; nice -n 5 nice; nice -n 5 nice -n 3 nice; nice -n 30 nice; nice -n -5 nice; renice -n 7 $$; nice; ps -o nice,comm | grep sh | head -n 1; setpriv --reuid=1000 nice -n -5 nice; echo $?

### taskset
taskset -p $$ | sed 's/pid [0-9]*/pid/'; taskset 1 sh -c 'taskset -p $$' | sed 's/pid [0-9]*/pid/'; chrt 2>/dev/null; taskset 0 true; echo $?

### limits
ulimit -n 20; ulimit -n; (ulimit -n 10; ulimit -Hn); ulimit -n 30; echo $?; ulimit -f 1; dd if=/dev/zero of=f bs=2048 count=1 2>/dev/null; echo $?; stat -c %s f; ulimit -c 0; ulimit -c; ulimit -S -s 1024; ulimit -s; ulimit -t; ulimit -v

### too many files
ulimit -n 8; exec 3< /dev/null 4< /dev/null 5< /dev/null 6< /dev/null 7< /dev/null; cat /etc/hosts | wc -l; echo $?

### file size limit
ulimit -f 4; trap '' XFSZ; dd if=/dev/zero of=f bs=512 count=10; echo $?; stat -c %s f

### environment
env -i A=1 env; A=2 env -u HOME sh -c 'echo $A ${HOME-none}'; export B='x y'; sh -c 'echo $B'; env none; echo $?; env -i /bin/sh -c 'pwd; echo $PATH'; tr '\0' '\n' < /proc/$$/environ | sort | grep -v 'PWD\|SHLVL'; cat /proc/self/cmdline | tr '\0' '|'

### identity
id; id user; id -un; id -G user; groups user; whoami; logname; echo $?; setpriv --reuid=1000 --regid=1000 --clear-groups id; su user -c 'id; pwd'; setpriv --reuid=1000 whoami; id none; echo $?

### su and the home directory
su -l user -c 'echo $HOME $USER $SHELL; pwd'; su -s /bin/sh user -c 'echo $0'; su none -c true; echo $?; chpst 2>/dev/null; setuidgid user id 2>/dev/null; echo $?

### capabilities
setpriv --dump | grep -v 'Bounding\|Securebits\|bset' | head -n 8; setpriv --no-new-privs grep NoNewPrivs /proc/self/status; setpriv --reuid=1000 grep CapEff /proc/self/status; setpriv --inh-caps=-all --reuid=1000 chown user /etc/passwd; echo $?

### status of a process
sh -c 'grep -E "^(Name|State|Tgid|PPid|Uid|Gid|Threads|SigIgn|SigCgt|Umask|Groups|SigBlk|SigPnd|ShdPnd|Seccomp|NoNewPrivs|VmSwap)" /proc/self/status | grep -v pid'  | grep -iv 'gid:.*[0-9][0-9]\|PPid'

### ps
sleep 100 & sleep 0.1; ps -o comm,args | grep '^sleep'; ps -o user,group,tty,stat,comm | grep sleep | head -n 1; ps -o bad; echo $?; kill $! $(pidof sleep) 2>/dev/null; true

### ps of zombies
sh -c 'true & exec sleep 0.6' & sleep 0.3; ps -o stat,comm | grep -w true; wait; sleep 100 & kill -STOP $!; sleep 0.1; ps -o stat,comm | grep sleep; kill -9 $!

### pidof and pgrep
sleep 100 & p=$!; [ "$(pidof sleep)" = $p ] && echo found; pidof none; echo $?; killall -q none; echo $?; killall sleep; wait $p; echo $?; killall -l | head -n 3

### start-stop-daemon
start-stop-daemon -S -b -m -p pid -x /bin/sleep -- 100; echo $?; sleep 0.2; start-stop-daemon -S -p pid -x /bin/sleep -- 100; echo $?; start-stop-daemon -K -t -q -p pid; echo $?; start-stop-daemon -K -q -p pid; sleep 0.2; start-stop-daemon -K -q -p pid 2>/dev/null; echo $?

### watch
timeout 3 watch -n 1 -t echo tick < /dev/null | head -n 5 | od -c | head -n 5

### time
time -f '%C %x' sh -c 'exit 3'; echo $?; time -p true 2>&1 | sed 's/0\.0[0-9]/0.00/'; times | wc -l; time none; echo $?

### uptime and load
uptime | sed 's/[0-9][0-9:.]*/N/g;s/up.*load/load/'; cut -d' ' -f1 /proc/uptime | grep -c '^[0-9.]*$'; w | head -n 2 | tail -n 1; who; users 2>/dev/null; last 2>/dev/null | wc -l

### top
top -b -n 1 | sed -n '4,$p' | awk '{print $3, $4, $8, $9, $10}' | grep -v '^ *root *S  *$' | head -n 1; top -b -n 1 | head -n 3 | sed 's/[0-9.]*K*/N/g' | cut -c1-20 | head -n 1

### memory of a process
awk '/Pss|Rss/ {n += $2} END {print (n > 0)}' /proc/self/smaps; grep -c heap /proc/self/maps; grep -E 'stack|vdso' /proc/$$/maps | awk '{print $2, $6}'; cut -d' ' -f2 /proc/self/stat; grep -c . /proc/self/statm; cat /proc/self/comm; cat /proc/self/wchan | head -c 0; cat /proc/self/oom_score_adj; ls /proc/self/task | wc -l

### limits of a process
ulimit -n 100; ulimit -c 0; grep -E 'open files|core|Limit' /proc/self/limits; echo 500 > /proc/self/oom_score_adj; cat /proc/$$/oom_score_adj; echo newname > /proc/$$/comm; cat /proc/$$/comm

### chroot
mkdir -p r/bin; cp /bin/busybox r/bin/sh; chroot r /bin/sh -c 'echo /*; cd ..; pwd'; chroot none; echo $?; chroot r /none; echo $?; chroot r sh -c 'exit 4'; echo $?

### named pipes
mkfifo p q; (while read l; do echo "<$l>" > q; done < p) & exec 3> p; echo a >&3; cat q; echo b >&3; cat q; exec 3>&-; wait; timeout 0.2 cat p; echo $?; (echo x > p &) ; cat p

### coprocess
mkfifo to from; sh -c 'while read n; do echo $((n * n)); done' < to > from & exec 4> to 5< from; for i in 2 3 4; do echo $i >&4; read r <&5; echo $r; done; exec 4>&-; wait; read r <&5; echo $?

### big pipe
seq 100000 | tee /dev/null | gzip -c | gunzip | sed -n '$p'; dd if=/dev/zero bs=1M count=3 2>/dev/null | cat | cat | wc -c; yes abc | dd bs=1000 count=100 iflag=fullblock 2>/dev/null | md5sum

### sleep
sleep 0; echo $?; sleep 0.1s; sleep 0.001 0.002; sleep x; echo $?; usleep 1000; echo $?; sleep 1000 & sleep 0.1; kill -ALRM $!; wait $!; echo $?

### read with a time limit
read -t 1 x < /dev/null; echo $?; mkfifo p; exec 3<> p; read -t 0.2 x <&3; echo $?; echo data >&3; read -t 1 x <&3; echo $? $x; printf abcdef >&3; read -n 3 x <&3; echo $x; read -t 0.1 x <&3; echo $?

### signals and pipes
sh -c 'trap "" PIPE; yes; echo $? > status' 2> err | head -n 1; cat status; sort err; (trap - PIPE; yes; echo $? > status2) | head -n 1; cat status2

### recursion
f() { [ $1 -gt 0 ] && { echo $1 | { read n; f $((n - 1)); }; }; }; f 12; sh -c 'sh -c "sh -c \"exit 3\""'; echo $?

### nproc and uname
nproc; uname -s; uname -o; uname -n; arch | wc -w; hostname; hostname -s; linux32 uname -s; cat /proc/sys/kernel/ostype /proc/sys/kernel/hostname; cat /proc/sys/kernel/pid_max | grep -c .; sysctl -n kernel.ostype; sysctl kernel.none; echo $?

### orphans
(sleep 0.3 & exec true); sh -c 'sh -c "sleep 0.3; echo orphan" & exit 0'; echo parent; sleep 0.6; echo end
