#!/bin/sh
# Stands in for a real migration tool: says what it would run and changes nothing.
set -eu
echo "would apply $1 to the database $2"
