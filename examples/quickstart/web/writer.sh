#!/bin/sh
# Finds the web server by its service name and writes the page that it serves, once a second, until told to stop.
trap 'echo "writer: bye"; exit 0' TERM INT
page=/srv/www/index.html
count=0
while :; do
  count=$((count + 1))
  cat > "$page.new" <<HTML
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>tscompose quickstart</title></head>
<body><h1>$GREETING</h1><p>Page $count, written by container $(hostname) at $(date -u +%T) UTC.</p></body></html>
HTML
  mv "$page.new" "$page"
  title=$(wget -q -O - http://web:8080/ | sed -n 's/.*<p>\(.*\)<\/p>.*/\1/p')
  echo "writer: web serves \"$title\""
  sleep 1 &
  wait $!
done
