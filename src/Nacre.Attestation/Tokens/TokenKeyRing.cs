using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Jose;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Tokens;

/// <summary>
/// The keys of tokens, as the store has them: one that signs, the next one, which relying parties already know from the key set, and former
/// ones, which stay good until what they signed has expired. A value; changes make another.
/// </summary>
internal sealed record TokenKeyRing(IReadOnlyList<TokenKey> Keys)
{
    private const string Structure = "token-keys";
    private const int MaxBytes = 256 * 1024;
    private const int MaxKeys = 32;

    public TokenKey Current => Keys.Single(key => key.Use == TokenKeyUse.Current);

    /// <param name="algorithm">Of new keys.</param>
    /// <param name="at">Now.</param>
    /// <param name="first">The key that signed before there was a ring; null for a new one.</param>
    public static TokenKeyRing Create(string algorithm, DateTimeOffset at, byte[]? first)
    {
        var current = first ?? JwtSigningKey.Generate(algorithm);
        return new([TokenKey.From(current, TokenKeyUse.Current, at), NewNext(algorithm, at)]);
    }

    /// <summary>The next key signs from now on, unless it is for another algorithm: then a new one does.</summary>
    /// <param name="algorithm">Of the key that signs then.</param>
    /// <param name="at">Now.</param>
    /// <param name="overlap">How long what the former key signed may still be shown.</param>
    public TokenKeyRing Rotate(string algorithm, DateTimeOffset at, TimeSpan overlap)
    {
        var next = Keys.FirstOrDefault(key => key.Use == TokenKeyUse.Next && key.Algorithm == algorithm);
        return new(
        [
            next is null
                ? TokenKey.From(JwtSigningKey.Generate(algorithm), TokenKeyUse.Current, at)
                : next with { Use = TokenKeyUse.Current, Since = at },
            NewNext(algorithm, at),
            Current with { Use = TokenKeyUse.Former, Until = at + overlap },
            .. Keys.Where(key => key.Use == TokenKeyUse.Former && at < key.Until).Take(MaxKeys - 3),
        ]);
    }

    /// <summary>Without a key that must not be believed any more; null when there is none of that name or it is the one that signs.</summary>
    public TokenKeyRing? Drop(string id, string algorithm, DateTimeOffset at)
    {
        var dropped = Keys.FirstOrDefault(key => key.Id == id);
        if (dropped is null or { Use: TokenKeyUse.Current })
            return null;

        var rest = Keys.Where(key => key != dropped);
        return new([.. dropped.Use == TokenKeyUse.Next ? rest.Append(NewNext(algorithm, at)) : rest]);
    }

    public byte[] ToUtf8() => JsonText.Utf8(new JsonObject { ["keys"] = new JsonArray([.. Keys.Select(key => key.ToJson())]) });

    /// <exception cref="MalformedDataException">It is no ring.</exception>
    public static TokenKeyRing Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = StrictJson.Parse(utf8, Structure, MaxBytes);
        var fields = new JsonFields(Structure, document.RootElement);
        var array = fields.Any("keys");
        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > MaxKeys)
            throw fields.Malformed("keys", $"must be an array of at most {MaxKeys}");

        var keys = array.EnumerateArray().Select(item => TokenKey.Parse(new JsonFields($"{Structure}.keys", item))).ToList();
        return keys.Count(key => key.Use == TokenKeyUse.Current) == 1
            ? new(keys) : throw fields.Malformed("keys", "must have exactly one that signs");
    }

    private static TokenKey NewNext(string algorithm, DateTimeOffset at) =>
        TokenKey.From(JwtSigningKey.Generate(algorithm), TokenKeyUse.Next, at);
}

/// <summary>One key of the ring.</summary>
/// <param name="Id">RFC 7638 thumbprint.</param>
/// <param name="Algorithm">It signs with this one.</param>
/// <param name="Pkcs8">The private key.</param>
/// <param name="Use">What it is for now.</param>
/// <param name="Since">When it was made, or began to sign.</param>
/// <param name="Until">When a former one is no longer believed.</param>
internal sealed record TokenKey(
    string Id, string Algorithm, byte[] Pkcs8, TokenKeyUse Use, DateTimeOffset Since, DateTimeOffset? Until)
{
    private const int MaxKeyBytes = 8192;

    public static TokenKey From(byte[] pkcs8, TokenKeyUse use, DateTimeOffset at)
    {
        using var key = JwtSigningKey.Import([.. pkcs8]);
        return new(key.KeyId, key.Algorithm, pkcs8, use, at, null);
    }

    public JsonObject ToJson() => new()
    {
        ["kid"] = Id,
        ["alg"] = Algorithm,
        ["key"] = Convert.ToBase64String(Pkcs8),
        ["use"] = Use.ToString().ToLowerInvariant(),
        ["since"] = Since.ToUnixTimeSeconds(),
        ["until"] = Until?.ToUnixTimeSeconds(),
    };

    public static TokenKey Parse(JsonFields fields)
    {
        fields.Only("kid", "alg", "key", "use", "since", "until");
        return new(
            fields.Text("kid", 64), fields.Text("alg", 16), fields.Base64("key", MaxKeyBytes),
            fields.Text("use", 16) switch
            {
                "current" => TokenKeyUse.Current,
                "next" => TokenKeyUse.Next,
                "former" => TokenKeyUse.Former,
                var other => throw fields.Malformed("use", $"'{other}' is no use of a key"),
            },
            DateTimeOffset.FromUnixTimeSeconds(fields.Any("since").GetInt64()),
            fields.Find("until") is { } until ? DateTimeOffset.FromUnixTimeSeconds(until.GetInt64()) : null);
    }

    public override string ToString() => $"{Algorithm} {Id}";
}

internal enum TokenKeyUse
{
    Next,
    Current,
    Former,
}
