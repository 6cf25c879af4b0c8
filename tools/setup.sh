# What ./run and ./test share: say what is done, install what is missing, build.
# Sourced with the root of the project as working directory.

BUILD_PACKAGES="ca-certificates gcc libc6-dev meson ninja-build pkg-config python3 tzdata
    libcrypt-dev libgnutls28-dev libidn2-dev libjansson-dev libmicrohttpd-dev libpq-dev
    libsqlite3-dev libssl-dev libunistring-dev zlib1g-dev"
TEST_PACKAGES="curl git libcmocka-dev postgresql python3-bcrypt python3-cryptography
    python3-dateutil python3-fastjsonschema python3-hypothesis python3-jwt python3-psycopg2
    python3-pytest python3-pytest-xdist python3-requests"
CLANG_PACKAGES="clang clang-format clang-tidy libclang-rt-dev"
# The same names in Debian 12 and 13, but for the old names of time zones, a package in 13.
RELEASE=$(. /etc/os-release 2>/dev/null && printf '%s' "${ID:-} ${VERSION_ID:-}") || true
case $RELEASE in
    "debian 12") ;;
    "debian "*) BUILD_PACKAGES="$BUILD_PACKAGES tzdata-legacy" ;;
esac

say() {
    printf '\033[1m== %s\033[0m\n' "$*" >&2
}

fail() {
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "needs root or sudo for: $*"
    fi
}

missing_packages() {
    local package
    for package in "$@"; do
        case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
            "install ok installed") ;;
            *) printf '%s\n' "$package" ;;
        esac
    done
}

# Installs those of the Debian packages that are not there; asks the archive only when it must.
need_packages() {
    local missing
    command -v dpkg-query >/dev/null || return 0 # another system: its people install by themselves
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing ${missing[*]}"
    install_packages "${missing[@]}" && return 0
    as_root flock /etc/apt apt-get update -q >&2
    install_packages "${missing[@]}" || fail "apt-get could not install ${missing[*]}"
}

# One after another, where two sides find at once that something is missing.
install_packages() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        flock /etc/apt apt-get install -y -q --no-install-recommends "$@" >&2
}

# The pages at /docs and /redoc come from two npm packages, and JSONTestSuite, half a megabyte, from
# another; pinned in package-lock.json.
need_pages() {
    local stamp=node_modules/.package-lock.json
    if [ -f "$stamp" ] && [ ! package-lock.json -nt "$stamp" ]; then
        return 0
    fi
    command -v npm >/dev/null || need_packages npm
    say "fetching Swagger UI, ReDoc and JSONTestSuite from the npm registry"
    npm ci --ignore-scripts --no-audit --no-fund --cache "$PWD/build-npm" >&2
    touch "$stamp"
}

# set_up DIRECTORY [meson option …]: once, and again with other options.
set_up() {
    local directory=$1
    shift
    if [ ! -f "$directory/build.ninja" ]; then
        say "setting up $directory"
        meson setup "$directory" "$@" >&2
    elif [ "$#" -gt 0 ] && [ "$(cat "$directory/.options" 2>/dev/null)" != "$*" ]; then
        meson setup --reconfigure "$directory" "$@" >&2
    fi
    [ "$#" = 0 ] || printf '%s\n' "$*" >"$directory/.options"
}

# build DIRECTORY [TARGET …]: what has changed of them, or of everything.
build() {
    ninja -C "$@" -n | grep -q 'no work to do' && return 0
    say "building $1"
    ninja -C "$@" >&2
}

# build_in DIRECTORY [meson option …]: sets the directory up, then builds what has changed.
build_in() {
    set_up "$@"
    build "$1"
}
