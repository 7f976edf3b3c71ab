using System.CommandLine;
using Nacre.Images;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image …</c></summary>
internal static class ImageCommand
{
    /// <param name="resources">Makes the source of keys and policies for a pull, usually by attesting; called once, when it is needed.</param>
    public static Command Create(Func<CancellationToken, Task<IResourceSource>>? resources = null) =>
        new("image", "Encrypt, sign, verify, copy and pull container images.")
        {
            ImageEncryptCommand.Create(),
            ImageDecryptCommand.Create(resources),
            ImageCopyCommand.Create(),
            ImageSignCommand.Create(),
            ImageVerifyCommand.Create(resources),
            ImageInspectCommand.Create(),
            ImagePullCommand.Create(resources),
        };
}
