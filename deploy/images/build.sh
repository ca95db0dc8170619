#!/usr/bin/env bash
# Builds an image of every program that is published: those the AppHost names, without the local servers.
#   deploy/images/build.sh --version V --registry HOST --repository PATH   pushes HOST/PATH/carshare-orders:V and so on
#   deploy/images/build.sh --version V --archive FOLDER                    writes each as an archive, for `podman load` or a node
#   --base IMAGE   the image they stand on, by default Microsoft's chiselled one (no shell, no package manager)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=dev registry='' repository='' archive='' base=''
while (($#)); do
    case $1 in
        --version) version=$2 ;;
        --registry) registry=$2 ;;
        --repository) repository=$2 ;;
        --archive) archive=$2 ;;
        --base) base=$2 ;;
        *) echo "build.sh: unknown option $1" >&2; exit 2 ;;
    esac
    shift 2
done
[[ -n $registry || -n $archive ]] || { echo "build.sh: --registry or --archive says where they go" >&2; exit 2; }

mapfile -t projects < <(grep -o 'Include="\.\./[^"]*\.csproj"' CarShare.AppHost/CarShare.AppHost.csproj |
    cut -d'"' -f2 | sed 's|^\.\./||' | grep -v '^local/')
for project in "${projects[@]}"; do
    image=$(basename "${project,,}" .csproj)
    image=${image/./-}
    options=("-p:ContainerImageTag=$version" "-p:ContainerRepository=${repository:+$repository/}$image")
    [[ -z $base ]] || options+=("-p:ContainerBaseImage=$base")
    [[ -z $registry ]] || options+=("-p:ContainerRegistry=$registry")
    [[ -z $archive ]] || options+=("-p:ContainerArchiveOutputPath=$archive/$image.tar")
    echo "$image:$version"
    dotnet publish "$project" -c Release -r linux-x64 --no-self-contained -t:PublishContainer -v q --nologo "${options[@]}"
done
