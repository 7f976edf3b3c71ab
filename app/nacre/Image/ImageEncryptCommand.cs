using System.CommandLine;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Images.Encryption;

namespace Nacre.Cli.Image;

/// <summary><c>nacre image encrypt SRC DST</c></summary>
internal static class ImageEncryptCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("src") { Description = "docker://NAME, oci:DIR[:TAG], dir:DIR or docker-archive:FILE[:NAME]." };
        var target = new Argument<string>("dst") { Description = "The same forms." };
        var keyFile = new Option<FileInfo?>("--key-file") { Description = "32 raw bytes to wrap the layers' keys with." };
        var keyId = new Option<string?>("--key-id") { Description = "Where that key is at the key broker: kbs:///repository/type/tag." };
        var provider = new Option<string[]>("--provider")
        {
            Description = "NAME:PARAMETERS of a key provider in the file that OCICRYPT_KEYPROVIDER_CONFIG names, "
                + "such as attestation-agent:keyid=kbs:///default/key/1. Can be given more than once.",
        };
        var jwe = new Option<FileInfo[]>("--jwe") { Description = "Public RSA or EC key in PEM of a recipient. Can be given more than once." };
        var layers = new Option<int[]>("--layer") { Description = "Only these layers, counted from 0, or from -1 backwards." };
        var decryptionKey = new Option<FileInfo?>("--decryption-key")
        {
            Description = "Private RSA or EC key in PEM that opens layers that are encrypted already, to add recipients to them.",
        };
        var command = new Command("encrypt", "Encrypt the layers of an image, so that only a guest that gets the key can read them.")
        {
            source, target, keyFile, keyId, provider, jwe, layers, decryptionKey,
        };
        var format = ResultFormat.AddTo(command);
        var registry = RegistryFlags.AddTo(command);
        command.SetAction((line, cancel) => ImageVerb.RunAsync(async () =>
        {
            var recipients = new List<ILayerRecipient>();
            var owned = new List<IDisposable>();
            try
            {
                if (line.GetValue(keyFile) is { } file)
                {
                    var key = SecretBytes.Own(await ReadKeyAsync(file, cancel));
                    owned.Add(key);
                    var id = line.GetValue(keyId) ?? throw new FormatException("--key-file needs --key-id: the guest must know where the key is");
                    recipients.Add(new KbsRecipient(ResourceUri.Parse(id), key));
                }

                recipients.AddRange(await KeyProviderRecipients.CreateAsync(line.GetValue(provider) ?? [], cancel));
                foreach (var pem in line.GetValue(jwe) ?? [])
                {
                    var publicKey = RecipientKey.Parse(await File.ReadAllTextAsync(pem.FullName, cancel), pem.FullName);
                    owned.Add(publicKey);
                    recipients.Add(new JweRecipient(publicKey));
                }

                if (recipients.Count == 0)
                    throw new FormatException("for whom? give --key-file and --key-id, --provider or --jwe");

                var options = await registry.ReadAsync(line, cancel);
                var chosen = line.GetValue(layers);
                var existing = await ImageVerb.ReadPrivateKeyAsync(line.GetValue(decryptionKey), cancel);
                if (existing is not null)
                    owned.Add(existing);
                var transform = new EncryptTransform(
                    recipients, chosen is null or [] ? null : chosen, existing is null ? null : new([new JweUnwrapper(existing)]));
                return await ImageCopyCommand.RunAsync(
                    line.GetRequiredValue(source), line.GetRequiredValue(target), options, transform, format.IsJson(line), cancel);
            }
            finally
            {
                foreach (var item in owned)
                    item.Dispose();
            }
        }));
        return command;
    }

    internal static async Task<byte[]> ReadKeyAsync(FileInfo file, CancellationToken cancel)
    {
        if (file is { Exists: true, Length: not AnnotationPacket.KeySize })
            throw new FormatException($"{file} has {file.Length} bytes; a key has {AnnotationPacket.KeySize}: head -c 32 /dev/urandom > {file}");
        return await File.ReadAllBytesAsync(file.FullName, cancel);
    }
}
