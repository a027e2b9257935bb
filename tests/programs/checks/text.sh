# Tools that read text and write text.

### sort
printf '10 b\n9 a\n100 c\n9 a\n' > f; sort f; sort -n f; sort -k2 f; sort -u f; sort -rn -k1,1 f; sort -c f; echo $?
printf '1:z\n2:y\n' | sort -t: -k2; printf 'Jan\nFeb\n' | sort -M; printf '1K\n2\n' | sort -h; sort -o f f; cat f; sort none; echo $?

### big sort
seq 30000 | awk '{print ($1 * 7919) % 30011}' | sort -n | md5sum; seq 3000 > f; shuf f | sort -n | cmp - f; echo $?

### uniq
printf 'a\na\nb\na\nB\n' > f; uniq f; uniq -c f; uniq -d f; uniq -u f; uniq -i f; uniq f g; cat g; printf 'x 1\ny 1\n' | uniq -f 1

### cut and paste
printf 'a:b:c\nd:e:f\n' > f; cut -d: -f1,3 f; cut -c2- f; cut -b1-3 f; cut -s -d, -f1 f; paste f f; paste -s -d, f; seq 6 | paste - - -

### tr
echo 'Hello  World' | tr a-z A-Z; echo aabbcc | tr -s abc; echo a1b2 | tr -d 0-9; echo abc | tr -c 'a\n' x; echo 'a b' | tr ' ' '\n'
echo abc | tr '[:lower:]' '[:upper:]'

### head and tail
seq 20 > f; head -n 2 f; head -c 5 f; head -n -18 f; tail -n 2 f; tail -n +19 f; tail -c 4 f; head -v -n 1 f; tail -n 1 f f; cat f | tail -n 1
tail none; echo $?; head -n 1 f none; echo $?

### tail follows
: > f; tail -f f & p=$!; for i in 1 2 3; do sleep 0.3; echo line $i >> f; done; sleep 1.5; { kill $p; wait $p; } 2>/dev/null; echo $?

### tail follows a name
echo a > f; tail -F f 2> errors & p=$!; sleep 1.5; mv f g; echo b > f; sleep 2.5; { kill $p; wait $p; } 2>/dev/null; echo $?; cat errors

### wc
printf 'one two\nthree\n' > f; wc f; wc -l < f; wc -w f; wc -c f; wc -L f; wc f f; wc none; echo $?; printf x | wc -l

### grep
printf 'apple\nBanana\ncherry pie\n' > f; grep an f; grep -i BAN f; grep -v a f; grep -c e f; grep -n pie f; grep -o 'p[ie]*' f; grep -w pie f
grep -E 'a(p|n)' f; grep -F 'a(' f; echo $?; grep -l e f; grep -q x f; echo $?; grep -A1 app f; grep -B1 che f; grep x none; echo $?
mkdir d; cp f d; grep -r cherry . | sort; grep -x cherry f; grep -e apple -e pie f; printf 'an\n' | grep -f - f

### sed
seq 10 > f; sed -n 3p f; sed '2,8d' f; sed 's/1/X/g' f | tail -n 1; sed '$!d' f; sed -n '/3/,/5/p' f; sed '3i before' f | head -n 4; sed '1a after' f | head -n 2
sed 'y/123/abc/' f | head -n 3; sed -e '1!G;h;$!d' f | head -n 2; sed 5q f | wc -l; sed -i.bak 's/^/> /' f; head -n 1 f f.bak; sed -n '$=' f
echo 'a b' | sed -E 's/(.) (.)/\2 \1/'; echo hello | sed 's/l/L/2'; sed 'w out' f > /dev/null; wc -l out; sed -n l f | head -n 1; sed -s -n 1p f f.bak; sed p none; echo $?

### awk
seq 5 | awk '{s += $1} END {print s, s / NR}'; echo 'a b c' | awk '{print $NF, NF; $2 = "x"; print}'; awk 'BEGIN {printf "%5.2f|%-5s|%05d|%x|%c|%e\n", 3.14159, "ab", 42, 255, 65, 12345}'
awk 'BEGIN {print length("abc"), substr("hello", 2, 3), index("hello", "l"), toupper("x"), sprintf("%d", 7.9)}'
awk 'BEGIN {a["x"] = 1; a["y"] = 2; for (k in a) n += a[k]; print n; delete a["x"]; print ("x" in a), length(a)}'
printf 'k=1;j=2\n' | awk -F'[=;]' '{print $2 + $4}'; awk 'BEGIN {s = "aXbX"; print gsub(/X/, "-", s), s; print match("foobar", /o+/), RSTART, RLENGTH}'
awk 'function f(n) {return n < 2 ? n : f(n-1) + f(n-2)} BEGIN {print f(15)}'; awk 'BEGIN {n = split("a,b,c", p, ","); print n, p[3]}'

### awk and the system
awk 'BEGIN {while (("seq 3" | getline line) > 0) print "got", line; close("seq 3"); print "b\na" | "sort"; close("sort"); print system("exit 3")}'
awk 'BEGIN {print "x" > "f"; print "y" >> "f"; close("f"); while ((getline l < "f") > 0) print l; print ENVIRON["HOME"], ARGC}'
seq 10 | awk 'NR % 2 == 0 {print; next} /7/ {exit 4} END {print "end", NR}'; echo $?
awk 'BEGIN {srand(1); x = rand(); print (x >= 0 && x < 1), int(-3.7), 2 ^ 10, 7 % 3, exp(0), log(1), sqrt(16), sin(0)}'

### printf
printf '%s-%d-%x-%o-%c-%5s|%-5s|%05.1f\n' str 42 255 8 char ab cd 3.14159; printf '%b\n' 'a\tb\x41'; printf '%d %d\n' 1 2 3; printf '%q\n' 'a b'; echo $?
printf '\101\x42\n%%\n'; printf '%d\n' 0x1f "'A" ; printf '%d\n' abc; echo $?

### od and hexdump
printf 'hello\0\377\nworld' > f; od f; od -c f; od -An -tx1 f; od -t d2 f; od -A x -t x1z f; od -j 3 -N 4 -c f; hexdump f; hexdump -C f
hexdump -e '4/1 "%02x " "\n"' f; xxd f; xxd -p f | xxd -r -p | cmp - f

### expr
expr 3 + 4; expr 10 % 3; expr abc : 'a\(.\)'; expr length hello; expr substr hello 2 3; expr index hello l; expr 1 \< 2; expr 0; echo $?; expr a = b; echo $?; expr 1 / 0; echo $?

### dc and bc
echo '2 3 + p' | dc; dc -e '10 k 2 v p'; echo '2^100' | bc; echo 'scale=10; 4*a(1)' | bc -l; echo 'define f(n) { if (n < 2) return 1; return n * f(n - 1); }
f(20)' | bc; echo 'ibase=16; FF' | bc; echo '1/0' | bc; echo $?

### seq
seq 3; seq 2 4; seq 1 2 7; seq 3 -1 1; seq -w 8 11; seq -s, 4; seq 0 0.5 1; seq x; echo $?

### hashes
seq 1000 > f; md5sum f; sha1sum f; sha256sum f; sha512sum f; sha3sum f; crc32 f; md5sum f > s; md5sum -c s; echo x >> f; md5sum -c s; echo $?; sha256sum none; echo $?

### base64 and uuencode
seq 30 > f; base64 f; base64 f | base64 -d | cmp - f; uuencode f g | head -n 2; uuencode -m f g > u; uudecode u; cmp f g; stat -c %a g

### fold, expand and the like
echo 'a long line of words' > f; fold -w 7 f; fold -s -w 7 f; printf 'a\tb\n' | expand -t 4; printf 'a       b\n' | unexpand -a; nl f; seq 3 | tac; rev f; printf 'ab\0cdef\n\1' | strings
factor 12 97 360360; printf 'a\r\n' | dos2unix | od -c; echo a | unix2dos | od -c

### xargs
seq 5 | xargs; seq 5 | xargs -n 2; printf 'a b\0c' | xargs -0 -n 1 echo; echo 'a "b c" d\ e' | xargs -n 1; seq 3 | xargs -I % echo n%; : | xargs echo empty; : | xargs -r echo no; seq 3 | xargs -t -n 3 echo
seq 3 | xargs -n 1 sh -c 'exit 1'; echo $?; echo | xargs nowhere; echo $?; echo 1 | xargs sh -c 'exit 255'; echo $?; seq 4 | xargs -P 2 -n 1 | sort; seq 3000 | xargs echo | wc

### date
date -d @1000000000; date -u -d '2001-02-03 04:05:06' +%s; date -d @0 '+%Y-%m-%d %H:%M:%S %j %a %b %Z %z %U %e %p'; date -D %Y%m%d -d 20200229 +%F; date -R -d @86400; date -I -d @0; date -Iseconds -d @1
TZ=EST5EDT date -d @1000000000; TZ=CET-1CEST,M3.5.0,M10.5.0/3 date -d @1500000000; date -d nonsense; echo $?; touch -d @77 f; date -r f

### calendar
cal 1 2000; cal 2024 | md5sum; cal 13 2000; echo $?

### getopt
getopt -o ab:c -l long,arg: -- -a -b x --long --arg=v rest -c; echo $?; getopt -o a -- -z; echo $?; getopt ab: -b 1 -a r; set -- $(getopt -u -o x: -- -x 1 y); echo $*

### ed
printf 'a\nfirst\nsecond\n.\nw f\n1d\n,p\nQ\n' | ed; cat f; printf '1s/first/1st/\nw\nq\n' | ed f; cat f

### base of names
basename /a/b.c; basename /a/b.c .c; dirname /a/b.c; dirname x; basename /; dirname /a/; which ls nothing; echo $?; which -a sh

### addresses and passwords
ipcalc -n 10.1.2.3/8; ipcalc -b 192.168.1.1/24; mkpasswd -m md5 -S saltsalt secret; mkpasswd -m sha256 -S saltsalt secret; ascii | head -n 3
