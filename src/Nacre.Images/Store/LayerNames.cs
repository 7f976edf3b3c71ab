using System.Security.Cryptography;
using System.Text;
using Nacre.Images.Encryption;
using Nacre.Images.Oci;
using Nacre.Images.References;
using Nacre.Images.Unpack;

namespace Nacre.Images.Store;

/// <summary>
/// What a layer is called in a store. The name holds all that must fit before the layer may be used again, so that whoever cannot compute it
/// does not find the layer: what the archive is (diff_id) and how it was unpacked; for a layer that came encrypted also its blob and a value
/// that only the holder of its key can compute; for one whose tree took something from the layers below, those too.
/// </summary>
internal static class LayerNames
{
    public static string Own(Descriptor layer, Digest diffId, UnpackOptions options, bool privileged, PrivateLayerOptions? key) => Hash(
        $"nacre layer 1\n{diffId}\nprivileged {privileged}\ndevices {options.AllowDevices}\n"
        + (key is null ? "plain" : $"encrypted {layer.Digest} {key.Fingerprint($"nacre layer store 1\n{layer.Digest}")}"));

    /// <param name="below">Name of this kind of the layer below; empty for none.</param>
    /// <param name="own">Of the layer by itself.</param>
    public static string OnTopOf(string below, string own) => Hash($"nacre layers 1\n{below}\n{own}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
