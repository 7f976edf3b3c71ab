using System.Security.Cryptography;
using System.Text;

namespace Nacre.Attestation.Policies;

/// <summary>A policy's text under its id.</summary>
/// <param name="Id">Such as <c>default_cpu</c>; its file name in messages is the id with <c>.rego</c>.</param>
/// <param name="Text">Rego.</param>
public sealed record PolicyDocument(string Id, string Text)
{
    public const int MaxBytes = 512 * 1024;

    /// <summary><c>sha256:</c> and the hash of the text: which policy decided, whatever its id said later.</summary>
    public string Digest { get; } = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))}";

    public string FileName => $"{Id}.rego";

    public static bool IsId(string id) =>
        id.Length is > 0 and <= 128 && id[0] != '.' && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
