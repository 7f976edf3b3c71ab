using System.CommandLine;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image sign REF --key FILE</c></summary>
internal static class ImageSignCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME of an image in a registry." };
        var key = new Option<FileInfo>("--key") { Description = "Private EC key in PEM (PKCS#8 or SEC 1): openssl ecparam -name prime256v1 -genkey -noout.", Required = true };
        var plainHttp = ImageVerb.PlainHttp();
        var authFile = ImageVerb.AuthFile();
        var command = new Command("sign", "Sign an image in cosign's format, and put the signature beside it in the registry.") { reference, key, plainHttp, authFile };
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            if (ImageLocation.Parse(line.GetRequiredValue(reference)) is not ImageLocation.Docker docker)
                throw new FormatException("only images in a registry have a place for signatures: docker://NAME");

            var options = await ImageVerb.RegistryOptionsAsync(line.GetValue(plainHttp), line.GetValue(authFile), cancel);
            using var ecdsa = SigningKey.ParseEc(await File.ReadAllTextAsync(line.GetRequiredValue(key).FullName, cancel), line.GetRequiredValue(key).FullName);
            await using var image = new RegistryImage(docker.Image, options);
            var digest = (await image.GetVerifiedManifestAsync(digest: null, cancel)).Digest;
            await CosignSignatures.SignAsync(image, digest, ecdsa, cancel);
            await Console.Out.WriteLineAsync($"{docker.Image.Name}@{digest}");
            return ExitCode.Done;
        }));
        return command;
    }
}
