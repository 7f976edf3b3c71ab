using System.CommandLine;
using Nacre.Images;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Signatures;
using Nacre.Images.Transports;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image sign REF --key FILE | --gpg KEYID</c></summary>
internal static class ImageSignCommand
{
    public static Command Create()
    {
        var reference = new Argument<string>("ref") { Description = "docker://NAME of an image in a registry." };
        var key = new Option<FileInfo?>("--key")
        {
            Description = "Private EC key in PEM: cosign's, encrypted or not, or of openssl ecparam -name prime256v1 -genkey -noout. "
                + "The signature goes beside the image.",
        };
        var gpg = new Option<string?>("--gpg")
        {
            Description = "Key of gpg to sign with, instead of --key. The signature goes to the lookaside store.",
            HelpName = "KEYID",
        };
        var command = new Command("sign", "Sign an image with a key of cosign or of gpg.") { reference, key, gpg };
        var registry = RegistryFlags.AddTo(command);
        var stores = SignatureStoreOptions.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            if (ImageLocation.Parse(line.GetRequiredValue(reference)) is not ImageLocation.Docker docker)
                throw new FormatException("only images in a registry have a place for signatures: docker://NAME");

            await using var image = new RegistryImage(docker.Image, await registry.ReadAsync(line, cancel));
            var digest = (await image.GetVerifiedManifestAsync(digest: null, cancel)).Digest;
            switch (line.GetValue(key), line.GetValue(gpg))
            {
                case ({ } file, null):
                    using (var ecdsa = SigningKey.ParseEc(await File.ReadAllTextAsync(file.FullName, cancel), KeyPassword.Ask, file.FullName))
                        await CosignSignatures.SignAsync(image, digest, ecdsa, cancel);
                    break;
                case (null, { } user):
                    await Console.Error.WriteLineAsync(await SignByGpgAsync(docker.Image, digest, user, stores.Read(line), cancel));
                    break;
                default:
                    throw new FormatException("give either --key FILE or --gpg KEYID");
            }

            await Console.Out.WriteLineAsync($"{docker.Image.Name}@{digest}");
            return ExitCode.Done;
        }));
        return command;
    }

    private static async Task<string> SignByGpgAsync(ImageReference image, Digest digest, string user, SignatureOptions options, CancellationToken cancel)
    {
        var place = options.Lookaside.Find(image, forWriting: true) ?? throw new ImageException(
            ImageFault.Local, "there is no store for the signature", image.Name, "give --lookaside DIR, or name one in registries.d");
        var payload = new SimpleSigningPayload(digest, CosignSignatures.SignedName(image)).ToJson(SimpleSigningPayload.AtomicType);
        var message = await GpgProgram.SignAsync(payload, user, cancel);
        using var store = new LookasideStore(place);
        return await store.AddAsync(image, digest, message, cancel);
    }
}
