//! From a reference to one exact image on this engine, of which nothing is believed but its content.

use std::sync::Arc;

use bollard::{errors::Error, models::ImageInspect};
use domain::ports::sandbox::{Failure, FailureCode, ImageDigest, SandboxError};

use super::{
    docker::Shared,
    engine::Engine,
    faults,
    pull::Pulled,
    reference::{Reference, is_digest},
    settings::{PullPolicy, Settings},
    volumes,
};

/// An image that may run: its id, and what of its configuration we follow.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// The engine's own id of the image; containers are created from it, so that no tag can move in between.
    pub id: String,
    pub digest: ImageDigest,
    /// Entry point and command.
    pub argv: Vec<String>,
    pub cwd: String,
    /// The image's `VOLUME`s, which get a bounded tmpfs each.
    pub volumes: Vec<String>,
    /// Whether the image says where home is; `/tmp` otherwise, the one place that can be written.
    pub has_home: bool,
}

/// The longest command line that is taken from an image.
const ARGV_BYTES_MAX: usize = 64 << 10;

/// The digest that a reference means now.
pub(super) async fn resolve(shared: &Shared, engine: &Arc<Engine>, written: &str) -> Result<ImageDigest, SandboxError> {
    let reference = parse(&shared.settings, written)?;
    let found = find(shared, engine, &reference).await?;
    let image = judge(engine, &shared.settings, &reference, &found)?;
    check_digest(&reference, reference.digest.as_deref(), &image)?;
    Ok(image.digest)
}

/// The image with the pinned digest, or with the one that the reference means when none is pinned.
pub(super) async fn pinned(
    shared: &Shared,
    engine: &Arc<Engine>,
    written: &str,
    digest: Option<&ImageDigest>,
) -> Result<Image, SandboxError> {
    let settings = &shared.settings;
    let reference = parse(settings, written)?;
    let Some(ImageDigest(digest)) = digest else {
        let found = find(shared, engine, &reference).await?;
        let image = judge(engine, settings, &reference, &found)?;
        check_digest(&reference, reference.digest.as_deref(), &image)?;
        return Ok(image);
    };
    // A pin never moves, so what is here needs no second pull, whatever the policy says.
    for name in [digest.clone(), format!("{}@{digest}", reference.repository)] {
        if let Some(found) = inspect(engine, &name).await? {
            return judge(engine, settings, &reference, &found).map(|image| Image { digest: ImageDigest(digest.clone()), ..image });
        }
    }
    let by_digest = format!("{}@{digest}", reference.repository);
    let mut heard = None;
    if settings.pull_policy != PullPolicy::Never {
        match shared.pull(engine, &by_digest).await? {
            Pulled::Here => {
                if let Some(found) = inspect(engine, &by_digest).await? {
                    return judge(engine, settings, &reference, &found).map(|image| Image { digest: ImageDigest(digest.clone()), ..image });
                }
            }
            Pulled::Refused(reason) => heard = Some(reason),
        }
    }
    match inspect(engine, reference.written()).await? {
        Some(found) => {
            let image = judge(engine, settings, &reference, &found)?;
            Err(check_digest(&reference, Some(digest), &image).err().unwrap_or_else(|| missing(&reference, "", heard)))
        }
        None => Err(missing(&reference, "", heard)),
    }
}

fn parse(settings: &Settings, written: &str) -> Result<Reference, SandboxError> {
    let reference = Reference::parse(written).map_err(|sentence| failure(FailureCode::ImageRefused, sentence))?;
    if !reference.is_allowed(&settings.images_allowed) {
        return Err(failure(FailureCode::ImageRefused, format!("image `{written}` is not from a registry that this platform allows")));
    }
    Ok(reference)
}

async fn find(shared: &Shared, engine: &Arc<Engine>, reference: &Reference) -> Result<ImageInspect, SandboxError> {
    let (name, policy) = (reference.written(), shared.settings.pull_policy);
    if policy != PullPolicy::Always
        && let Some(found) = inspect(engine, name).await?
    {
        return Ok(found);
    }
    if policy == PullPolicy::Never {
        return Err(missing(reference, " and this platform pulls none", None));
    }
    if let Pulled::Refused(reason) = shared.pull(engine, name).await? {
        return Err(missing(reference, ", and its registry has none of this name or does not give it to this platform", Some(reason)));
    }
    inspect(engine, name).await?.ok_or_else(|| missing(reference, " after it was pulled", None))
}

async fn inspect(engine: &Engine, name: &str) -> Result<Option<ImageInspect>, SandboxError> {
    match engine.docker.inspect_image(name).await {
        Ok(found) => Ok(Some(found)),
        // An id or a name that is not there is 404; a name that cannot be one is 400.
        Err(Error::DockerResponseServerError { status_code: 400 | 404, .. }) => Ok(None),
        Err(error) => Err(faults::engine("look at the image")(error)),
    }
}

/// Refuses what cannot or may not run, and takes the few facts that are followed.
fn judge(engine: &Engine, settings: &Settings, reference: &Reference, found: &ImageInspect) -> Result<Image, SandboxError> {
    let written = reference.written();
    let refuse = |why: String| failure(FailureCode::ImageRefused, format!("image `{written}` {why}"));
    let id = found.id.clone().unwrap_or_default();
    if let Some(os) = found.os.as_deref().filter(|os| !os.is_empty() && *os != "linux") {
        return Err(refuse(format!("is made for {os}; agents run on linux")));
    }
    if let Some(made_for) = found.architecture.as_deref().filter(|made_for| !made_for.is_empty() && !same(made_for, &engine.architecture)) {
        return Err(refuse(format!("is made for {made_for}; this engine runs {}", engine.architecture)));
    }
    let config = found.config.clone().unwrap_or_default();
    let env_bytes: usize = config.env.iter().flatten().map(|entry| entry.len() + 1).sum();
    if env_bytes > settings.image_env_bytes_max {
        return Err(refuse(format!("brings {env_bytes} bytes of environment; at most {} are accepted", settings.image_env_bytes_max)));
    }
    let has_home = config.env.iter().flatten().any(|entry| entry.starts_with("HOME="));
    let argv: Vec<String> = config.entrypoint.into_iter().flatten().chain(config.cmd.into_iter().flatten()).collect();
    if argv.first().is_none_or(String::is_empty) {
        return Err(failure(FailureCode::EntryPoint, format!("image `{written}` names no entry point: give it an ENTRYPOINT or a CMD")));
    }
    if argv.iter().map(|word| word.len() + 1).sum::<usize>() > ARGV_BYTES_MAX {
        return Err(refuse(format!("has a command line of more than {ARGV_BYTES_MAX} bytes")));
    }
    let cwd = config.working_dir.filter(|path| path.starts_with('/') && path.len() < 4_096).unwrap_or_else(|| "/".into());
    let volumes = volumes::to_cover(config.volumes.unwrap_or_default(), settings.image_volumes_max).map_err(refuse)?;
    let digest = digest_of(reference, found, &id);
    Ok(Image { id, digest: ImageDigest(digest), argv, cwd, volumes, has_home })
}

/// The registry's digest for this repository, else the image's id: an image that was imported here has no other name that cannot move.
fn digest_of(reference: &Reference, found: &ImageInspect, id: &str) -> String {
    let known = found.repo_digests.iter().flatten().filter_map(|known| known.split_once('@'));
    let mut ours = known.filter(|(repository, _)| Reference::parse(repository).is_ok_and(|known| known.repository == reference.repository));
    let named = reference.digest.as_deref();
    ours.clone()
        .find(|(_, digest)| Some(*digest) == named)
        .or_else(|| ours.next())
        .map_or_else(|| id.to_owned(), |(_, digest)| digest.to_owned())
}

fn check_digest(reference: &Reference, wanted: Option<&str>, image: &Image) -> Result<(), SandboxError> {
    match wanted {
        Some(wanted) if image.digest.0 != wanted && image.id != wanted => Err(failure(
            FailureCode::ImageDigest,
            format!("image `{}` is {} now, not {wanted}: save the agent again to pin the new one", reference.written(), image.digest.0),
        )),
        _ => Ok(()),
    }
}

fn same(made_for: &str, engine: &str) -> bool {
    let common = |name: &str| match name {
        "x86_64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        other => other.to_owned(),
    };
    common(made_for) == common(engine)
}

fn missing(reference: &Reference, why: &str, heard: Option<String>) -> SandboxError {
    let hint = if is_digest(reference.written()) { "" } else { "; check its name and tag" };
    let message = format!("image `{}` is not on the container engine{why}{hint}", reference.written());
    SandboxError::Image(Failure { heard, ..Failure::new(FailureCode::ImageMissing, message) })
}

fn failure(code: FailureCode, message: String) -> SandboxError {
    SandboxError::Image(Failure::new(code, message))
}
