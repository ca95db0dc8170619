#!/usr/bin/env bash
# The image that the services' images stand on where there is no registry to pull one from: Debian's libraries, this
# machine's .NET runtime, a user that is not root, no shell. It is served at localhost:5055, where the SDK finds it.
#   tests/images/base.sh start      prints its name
#   tests/images/base.sh stop       ends the registry; what it keeps stays
set -euo pipefail
cache=${CARSHARE_IMAGES:-/var/tmp/carshare-images}
image=localhost:5055/carshare/dotnet:10.0
mkdir -p "$cache"
case ${1:?start or stop} in
    stop)
        [[ ! -f $cache/registry.pid ]] || kill "$(cat "$cache/registry.pid")" 2>/dev/null || true
        rm -f "$cache/registry.pid"
        exit
        ;;
    start) ;;
    *) echo "base.sh: unknown command $1" >&2; exit 2 ;;
esac

for tool in docker-registry mmdebstrap podman; do
    command -v "$tool" >/dev/null && continue
    echo "base.sh: $tool is missing; Debian has it: apt-get install $tool" >&2
    exit 1
done
if ! curl -fsS -o /dev/null http://localhost:5055/v2/ 2>/dev/null; then
    cat >"$cache/registry.yml" <<Y
version: 0.1
storage: {filesystem: {rootdirectory: $cache/registry}}
http: {addr: "127.0.0.1:5055"}
Y
    setsid docker-registry serve "$cache/registry.yml" >"$cache/registry.log" 2>&1 </dev/null &
    echo $! >"$cache/registry.pid"
    for _ in $(seq 50); do curl -fsS -o /dev/null http://localhost:5055/v2/ 2>/dev/null && break; sleep 0.2; done
fi

oci='Accept: application/vnd.oci.image.manifest.v1+json'
if ! curl -fsS -o /dev/null -H "$oci" http://localhost:5055/v2/carshare/dotnet/manifests/10.0 2>/dev/null; then
    root=$(mktemp -d /var/tmp/base.XXXX)
    trap 'rm -rf "$root"' EXIT
    icu=$(apt-cache search --names-only '^libicu[0-9]+$' | cut -d' ' -f1 | tail -n 1)
    packages=base-files,netbase,libc6,libgcc-s1,libstdc++6,libssl3,zlib1g,ca-certificates,tzdata,$icu
    suite=$(. /etc/os-release; echo "$VERSION_CODENAME")
    mmdebstrap --quiet --variant=extract --mode=root --include=$packages "$suite" "$root/image" >&2
    dotnet=$(dotnet --list-runtimes | sed -n 's|^Microsoft.NETCore.App .*\[\(.*\)/shared/.*|\1|p' | tail -n 1)
    mkdir -p "$root/image/usr/share/dotnet" "$root/image/tmp" "$root/image/etc/ssl/certs"
    cp -r "$dotnet/dotnet" "$dotnet/host" "$dotnet/shared" "$root/image/usr/share/dotnet/"
    ln -s /usr/share/dotnet/dotnet "$root/image/usr/bin/dotnet"
    cp /etc/ssl/certs/ca-certificates.crt "$root/image/etc/ssl/certs/"
    echo 'app:x:1654:1654::/home/app:/usr/sbin/nologin' >>"$root/image/etc/passwd"
    echo 'app:x:1654:' >>"$root/image/etc/group"
    chmod 1777 "$root/image/tmp"
    # a root file system that keeps nothing needs no shell either
    rm -rf "$root/image/usr/share/doc" "$root/image/usr/share/man" "$root/image/var/lib/dpkg" "$root/image/var/cache"
    tar -C "$root/image" -c . | podman import --quiet --change 'USER 1654' \
        --change 'ENV DOTNET_ROOT=/usr/share/dotnet' --change 'ENV DOTNET_RUNNING_IN_CONTAINER=true' \
        --change 'ENV ASPNETCORE_HTTP_PORTS=8080' --change 'ENV APP_UID=1654' \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$image" >&2
    podman push --quiet --tls-verify=false "$image" >&2
fi
echo "$image"
