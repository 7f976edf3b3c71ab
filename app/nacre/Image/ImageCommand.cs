using System.CommandLine;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image …</c></summary>
internal static class ImageCommand
{
    public static Command Create() =>
        new("image", "Encrypt, sign, verify, copy, pull and mount container images.")
        {
            ImageEncryptCommand.Create(),
            ImageDecryptCommand.Create(),
            ImageCopyCommand.Create(),
            ImageSignCommand.Create(),
            ImageVerifyCommand.Create(),
            ImageInspectCommand.Create(),
            ImagePullCommand.Create(),
            ImageMountCommand.CreateMount(),
            ImageMountCommand.CreateUnmount(),
            ImageGcCommand.Create(),
            ImageLayersCommand.Create(),
        };
}
