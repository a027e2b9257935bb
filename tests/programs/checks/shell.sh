# The shell itself.

### echo
echo hello, world

### for
for i in 1 2 3; do echo $i; done

### pipe
seq 100 | grep 7 | wc -l

### long pipe
seq 20000 | tee copy | sort -rn | head -n 3; wc -c < copy

### here-document
x=5; cat <<END
x is $x and $((x * 2))
END
cat <<'END'
$x
END

### background
(sleep 0.2; echo later) & echo now; wait; echo end

### background status
(exit 7) & wait $!; echo $?

### trap
trap 'echo caught' USR1; kill -USR1 $$; echo after; trap 'echo bye' EXIT; exit 3

### trap in wait
exec 2>/dev/null; trap 'echo caught; kill $p' USR1; sleep 100 & p=$!; (sleep 0.1; kill -USR1 $$) & wait $p; echo $?; wait $p; echo $?

### killed child
exec 2>/dev/null; sleep 100 & kill -9 $!; wait $!; echo $?

### subshells
(cd /; (pwd; x=1); echo ${x:-unset}); pwd >/dev/null; echo $(echo $(echo deep))

### functions
f() { local n=$1; [ $n -le 1 ] && echo 1 && return; echo $((n * $(f $((n - 1))))); }; f 10

### case
for w in apple bat 12 -; do case $w in a*) echo A;; [0-9]*) echo N;; -) ;; *) echo ?;; esac; done

### redirections
echo out > f; echo err >&2 2>>f; exec 3<f; read line <&3; echo got $line; exec 3<&-; { echo a; echo b >&2; } 2>&1 | sort

### read
printf '1 2\n3 4\n' | while read a b; do echo $((a + b)); done

### files
mkdir -p a/b/c; touch a/b/c/x a/y; find a | sort; mv a/y a/z; ls -1 a; rm -r a; ls

### links
echo text > t; ln t hard; ln -s t soft; cat soft hard; stat -c '%h %s' t; readlink soft; rm t; cat soft 2>/dev/null || echo dangling

### permissions
touch p; chmod 640 p; stat -c %a p; chmod u+x,g-r p; stat -c %a p

### archive
mkdir d; seq 3000 > d/n; ln -s n d/l; tar czf d.tgz d; mv d e; tar xzf d.tgz; cmp d/n e/n && readlink d/l; md5sum < d/n

### sed and awk
seq 5 | sed -n '2,4p;s/3/three/p' | awk '{s = s $1 ","} END {print s, NR}'

### text
printf 'b\na\nb\n' | sort | uniq -c | tr -s ' '; echo a:b:c | cut -d: -f2; printf abc | od -An -tx1; echo 'scale=5; 10/3' | bc

### xargs
seq 6 | xargs -n 2 echo pair; seq 3 | xargs -I{} sh -c 'echo $(({}*{}))'

### dd
dd if=/dev/zero bs=4096 count=64 2>/dev/null | sha256sum

### diff
seq 5 > one; seq 2 6 > two; diff one two; echo $?

### broken pipe
yes | head -n 2; echo end

### timeout
timeout 0.1 sleep 100; echo $?; timeout 5 true; echo $?

### status
false; echo $?; true && echo yes || echo no; ! true; echo $?; nowhere 2>/dev/null; echo $?; sh -c 'kill -TERM $$'; echo $?

### pipefail
set -o pipefail; false | true; echo $?; set -e; (false); echo not reached

### exec
exec sh -c 'echo replaced $0' name

### fifo
mkfifo p; (echo through > p) & cat p; wait

### many children
i=0; while [ $i -lt 30 ]; do (exit $((i % 3))) & i=$((i + 1)); done; wait; echo $i

### getopts
set -- -a -b value rest; while getopts ab: o; do echo $o $OPTARG; done; shift $((OPTIND - 1)); echo $1

### arithmetic
echo $((0x10 + 010 + (1 << 20) % 7)) $((2 > 1 ? 5 : 6)); expr 6 \* 7

### expansion
v=path/to/file.tar.gz; echo ${v##*/} ${v%%.*} ${#v} ${v#path/}; set -- a 'b c'; for x in "$@"; do echo "<$x>"; done; echo *
