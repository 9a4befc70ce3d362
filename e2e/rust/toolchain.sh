# For sourcing, with the checkout's folder in $root. What the suite of Ahnlich's Rust client is built with.
RUST_MIN=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/e2e/rust/Cargo.toml")

rust_is_new_enough() {
  local version
  command -v cargo >/dev/null && command -v cc >/dev/null || return 1
  version=$(rustc --version 2>/dev/null | cut -d' ' -f2)
  [ -n "$version" ] && [ "$(printf '%s\n' "$RUST_MIN" "$version" | sort -V | head -n1)" = "$RUST_MIN" ]
}
