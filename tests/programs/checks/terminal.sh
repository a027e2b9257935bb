# Programs on a pseudo-terminal. `terminal` is terminal.c.

### cooked input
terminal 24x80 sh -c 'read a; echo "<$a>"; read b; echo "<$b>"; tty | cut -c1-9; cat' <<'IN'
> hellp\x7fo\r
< <hello>
> one two\x17three\r
> \x04
IN

### interrupt key
terminal 24x80 sh -c 'trap "echo caught" INT; sh -c "echo asleep; exec sleep 100"; echo after' <<'IN'
< asleep
> \x03
IN

### quit and end keys
terminal 24x80 sh -c 'echo 1; cat; echo 2; sleep 100' <<'IN'
< 1
> ab\r\x04
< 2
> \x1c
IN

### stty
terminal 30x100 sh -c 'stty size; stty -a; stty -echo -icanon min 3 time 5; stty -a | tail -n 2; stty sane; stty -g | cut -d: -f1-6; stty rows 10 cols 20; stty size; stty raw; stty -a | tail -n 3; stty bad' < /dev/null

### no echo
terminal 24x80 sh -c 'stty -echo; echo go; read x; stty echo; echo "got $x"; read y' <<'IN'
< go
> secret\r
< got secret
> open\r
IN

### raw keys
terminal 24x80 sh -c 'stty raw -echo; echo go; dd bs=1 count=4 2>/dev/null | od -An -c; stty sane' <<'IN'
< go
> a\r\x03\x04
IN

### interactive shell
terminal 24x80 sh -i <<'IN'
< #
> echo he''llo\r
< hello
< #
> x=5; echo $((x*2))\r
< 10
< #
> exit 3\r
IN

### line editing
terminal 24x80 sh -i <<'IN'
< #
> echo abd\x1b[Dc\r
< abcd
< #
> \x1b[A\r
< abcd
< #
> ech\x01X\x05o\x0b\x15true\r
< #
> exit\r
IN

### completion of names
touch alpha_file; terminal 24x80 sh -i <<'IN'
< #
> ls alp\t
> \r
< alpha_file
< #
> exit\r
IN

### job control on a terminal
terminal 24x80 sh -i <<'IN'
< #
> sh -c 'echo u''p; sleep 100'\r
< up
> \x1a
< Stopped
< #
> jobs\r
< Stopped
< #
> bg\r
< #
> kill -9 %1; wait\r
< Killed
< #
> exit\r
IN

### foreground again
terminal 24x80 sh -i <<'IN'
< #
> sh -c 'trap "echo back" CONT; echo u''p; while :; do sleep 0.1; done'\r
< up
> \x1a
< Stopped
< #
> fg\r
< back\r\n
> \x03
< #
> echo $?\r
< 130
< #
> exit\r
IN

### background reader stops
terminal 24x80 sh -i <<'IN'
< #
> cat & sleep 0.3\r
< #
> \r
< tty input
< #
> kill %1; exit\r
< #
> exit\r
IN

### background writer stops
terminal 24x80 sh -i <<'IN'
< #
> stty tostop; (echo no) & sleep 0.3\r
< #
> jobs\r
< #
> kill -9 %1; exit\r
< #
> exit\r
IN

### hang-up
terminal 24x80 sh -c 'trap "echo hup > h; exit" HUP; echo up; exec > /dev/null 2>&1 < /dev/null; kill -HUP $$' < /dev/null; cat h

### vi
terminal 10x40 vi f <<'IN'
< f
> ihello\x1b
> oworld\x1b
> :wq\r
IN
cat f

### vi edits
seq 20 > f; terminal 8x40 vi f <<'IN'
< 1
> 5Gdd
> :3,4d\r
> :s/6/six/\r
> Goend\x1b
> ggyyp:wq\r
IN
cat f

### vi searches
printf 'one\ntwo\nthree\n' > f; terminal 8x40 vi f <<'IN'
< one
> /thr\r
> xx:x\r
IN
cat f

### less
seq 50 > f; terminal 6x30 less f <<'IN'
< 5
-
> \x20
< 10
-
> G
< 50
-
> g
< 5
-
> /33\r
< 33
-
> q
IN

### less of a pipe
seq 30 > f; terminal 6x30 sh -c 'cat f | less' <<'IN'
< 5
-
> jj
< 7
-
> q
IN

### more
seq 30 > f; terminal 6x30 more f <<'IN'
< More
-
> \x20
< More
-
> \r
< More
-
> q
IN

### more at a pipe
seq 20 | more | tail -n 1; seq 5 | less | tail -n 1; seq 3 > f; terminal 24x80 more f < /dev/null

### window size
terminal 12x34 sh -c 'stty size; ls /bin | head -n 40 | wc -l; mkdir d; cd d; for i in 1 2 3 4 5 6 7 8 9; do touch file$i; done; ls; stty cols 80; ls' < /dev/null

### ttys and sessions
terminal 24x80 sh -c 'test -t 0 && echo tty; test -t 1 && echo tty; tty < /dev/null; ls -l /proc/self/fd | grep -c pts; echo direct > /dev/tty; ps -o tty,comm | grep sh | tail -n 1' < /dev/null; echo x > /dev/tty; echo $?; tty; echo $?; test -t 0; echo $?

### setsid and the terminal
terminal 24x80 sh -c 'setsid sh -c "echo x > /dev/tty"; echo $?; cttyhack sh -c "echo y > /dev/tty"; echo $?; setsid -c sh -c "echo z > /dev/tty"; echo $?' < /dev/null

### top on a terminal
terminal 24x80 top -d 1 <<'IN' | tail -n 2
< COMMAND
> q
IN

### passwords
terminal 24x80 sh -c 'su user -c id; read -s -p "word: " w; echo; echo "<$w>"' <<'IN'
< word
-
> hidden\r
IN

### ed on a terminal
terminal 24x80 ed <<'IN'
> a\r
> text\r
> .\r
> ,p\r
< text
> Q\r
IN

### reset and clear
terminal 24x80 sh -c 'clear; resize; echo $?' < /dev/null | od -c | head -n 4; clear | od -c; reset | od -c

### rm asks
touch f g; terminal 24x80 rm -i f g <<'IN'
< 'f'?
> y\r
< 'g'?
> n\r
IN
ls

### end of file in the shell
terminal 24x80 sh -i <<'IN'
< #
> set -o ignoreeof\r
< #
> set +o ignoreeof\r
< #
> \x04
IN

### bell and control characters
terminal 24x80 sh -c 'read x; printf "%s" "$x" | od -c' <<'IN'
> a\x07\x1b[Ab\x16\x03c\r
IN

### output flow
terminal 24x80 sh -c 'echo start; read a; seq 300 | tail -n 3; stty onlcr; printf "a\nb\n"; stty -onlcr; printf "c\nd\n"; stty -opost; printf "e\tf\n"' <<'IN'
< start
> \x13\x11go\r
IN
