Scripts about PID namespaces, which busybox's unshare makes.

### a process list of its own
unshare -p -f -m --mount-proc ps -o pid,ppid,pgid,sid,comm | sed 's/  */ /g'

### a shell is init and adopts orphans
unshare -p -f -m --mount-proc sh -c '
echo "I am $$"
mkfifo f g
sh -c "kill -9 1; echo init lives"
sh -c "sh -c \"read x <f; read a b c d e </proc/self/stat; echo parent \\\$d >g\" &"
echo go >f; cat g
cat /proc/self/status | grep -E "^(Pid|PPid|NSpid):"
readlink /proc/self /proc/1/exe
ls -d /proc/[0-9]* | head -n 1
'
echo "exit $?"

### namespaces in namespaces
unshare -p -f -m --mount-proc sh -c '
unshare -p -f -m --mount-proc sh -c "echo inner \$\$; ps -o pid,comm | tail -n +2 | head -n 1"
unshare -p -f sh -c "echo inner \$\$; readlink /proc/self"
[ $(readlink /proc/self/ns/pid) = $(unshare -p -f readlink /proc/self/ns/pid) ]
echo "the same: $?"'

### init takes everybody along
unshare -p -f -m --mount-proc sh -c 'sleep 1000 & sleep 1000 & echo started; exit 3'
echo "exit $?"
mkfifo fifo
unshare -p -f sh -c 'sh -c "echo written >&3; sleep 1000" 3>fifo & read line <fifo; echo $line; kill -TERM 1; echo still here; kill -9 $$; exit 4'
echo "exit $?"

### numbers that are chosen
unshare -p -f -m --mount-proc sh -c '
cat /proc/sys/kernel/ns_last_pid
true & wait; cat /proc/sys/kernel/ns_last_pid
nsenter -p/proc/1/ns/pid sh -c "echo \$\$" | wc -l'

### a namespace is entered
unshare -p -f -m --mount-proc sh -c 'sleep 1000 & nsenter -t $! -p sh -c "kill -0 1 && echo there"; kill $!'
