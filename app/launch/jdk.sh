# Finds what the build and the server need. Sourced by ./kith, ./test and .ci/run; prints nothing unless it fails.

# Sets JAVA_HOME to a JDK 25: the one it names already, the java on the path, or one of the usual places.
find_jdk() {
  local java candidate
  java=$(command -v java 2>/dev/null || true)
  for candidate in \
    "${JAVA_HOME:-}" \
    "${java:+$(dirname "$(dirname "$(readlink -f "$java")")")}" \
    /usr/lib/jvm/* /usr/java/* /opt/* /opt/java/* /usr/local/* \
    "${HOME:-/}"/.sdkman/candidates/java/* "${HOME:-/}"/.jdks/* "${HOME:-/}"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home; do
    # The release file tells the version without starting a JVM; a folder without a compiler is only a runtime.
    if [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] &&
      grep -qs '^JAVA_VERSION="25[".+-]' "$candidate/release"; then
      export JAVA_HOME=$candidate
      return 0
    fi
  done
  echo "kith: JDK 25 is missing: install one (for example Eclipse Temurin 25), or point JAVA_HOME at it" >&2
  return 1
}

# Checks that Maven is there.
find_maven() {
  command -v mvn >/dev/null 2>&1 && return 0
  echo "kith: Maven is missing: install it (Debian, Ubuntu: apt-get install maven)" >&2
  return 1
}
