# shellcheck shell=bash
# Libraries of others in Python, against which tests hold what we say over the wire. Sourced, never run.

PYTHON_LIBRARIES=(pyjwt==2.10.1 cryptography==44.0.0 aiosmtpd==1.4.6 standardwebhooks==1.1.0)

# python_libraries: prints the folder that they are in, for PYTHONPATH.
python_libraries() {
    local folder new
    folder=$TOOLS/python-$(sha256sum <<<"${PYTHON_LIBRARIES[*]}" | cut -c1-12)
    if [ ! -d "$folder" ]; then
        apt_install python3 python3
        python3 -m pip --version >/dev/null 2>&1 || apt_install pip3 python3-pip
        say "installing ${PYTHON_LIBRARIES[*]} for the tests"
        new=$folder.new.$$
        python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --root-user-action=ignore --only-binary=:all: --target "$new" "${PYTHON_LIBRARIES[@]}" >&2 \
            || die "pip could not install ${PYTHON_LIBRARIES[*]}"
        mv -T "$new" "$folder" 2>/dev/null || rm -rf "$new"
    fi
    echo "$folder"
}
