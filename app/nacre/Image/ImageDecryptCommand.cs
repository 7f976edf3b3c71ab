using System.CommandLine;
using Nacre.Evidence.Protocol;
using Nacre.Images;
using Nacre.Images.Encryption;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image decrypt SRC DST</c></summary>
internal static class ImageDecryptCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("src") { Description = "docker://NAME, oci:DIR[:TAG], dir:DIR or docker-archive:FILE[:NAME]." };
        var target = new Argument<string>("dst") { Description = "The same forms." };
        var keyFile = new Option<FileInfo?>("--key-file") { Description = "The 32 raw bytes that the layers' keys are wrapped with; else the key broker is asked." };
        var keyId = new Option<string?>("--key-id") { Description = "Use the file for this key only." };
        var jwe = ImageVerb.PrivateKey();
        var command = new Command("decrypt", "Take the encryption away. The result is for everybody to read.")
        {
            source, target, keyFile, keyId, jwe,
        };
        var format = ResultFormat.AddTo(command);
        var registry = RegistryFlags.AddTo(command);
        var brokerOptions = GuestBrokerOptions.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            await using var broker = brokerOptions.Open(line);
            IResourceSource keys = line.GetValue(keyFile) is { } file
                ? new SingleKeySource(line.GetValue(keyId) is { } id ? ResourceUri.Parse(id) : null, await ImageEncryptCommand.ReadKeyAsync(file, cancel))
                : broker;
            using var privateKey = await ImageVerb.ReadPrivateKeyAsync(line.GetValue(jwe), cancel);
            using var unwrapper = new KbsKeyUnwrapper(keys);
            var options = await registry.ReadAsync(line, cancel);
            var transform = new DecryptTransform(new LayerDecryption(privateKey is null ? [unwrapper] : [new JweUnwrapper(privateKey), unwrapper]));
            return await ImageCopyCommand.RunAsync(
                line.GetRequiredValue(source), line.GetRequiredValue(target), options, transform, format.IsJson(line), cancel);
        }));
        return command;
    }
}
