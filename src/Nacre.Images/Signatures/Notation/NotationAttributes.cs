using Nacre.Formats;

namespace Nacre.Images.Signatures.Notation;

/// <summary>
/// What a signer says about a signature, in the header that is signed (Notary Project, signature-specification.md, "Signed Attributes").
/// </summary>
/// <param name="Scheme">Whether the signer's own clock or that of a signing authority gave the time.</param>
/// <param name="SigningTime">When it was signed; to be believed only of a signing authority.</param>
/// <param name="Expiry">From when on the image must not be used; null for never.</param>
internal sealed record NotationAttributes(NotationScheme Scheme, DateTimeOffset SigningTime, DateTimeOffset? Expiry)
{
    public const string PayloadType = "application/vnd.cncf.notary.payload.v1+json";
    public const string SchemeName = "io.cncf.notary.signingScheme";
    public const string SigningTimeName = "io.cncf.notary.signingTime";
    public const string AuthenticSigningTimeName = "io.cncf.notary.authenticSigningTime";
    public const string ExpiryName = "io.cncf.notary.expiry";
    public const string PluginName = "io.cncf.notary.verificationPlugin";

    /// <summary>Headers that may be critical; the plugin's are read in order to be refused by the name of the plugin.</summary>
    public static IReadOnlyList<string> Understood { get; } =
        [SchemeName, AuthenticSigningTimeName, ExpiryName, PluginName, "io.cncf.notary.verificationPluginMinVersion"];

    /// <summary>Applies the rules that both kinds of envelope share.</summary>
    /// <exception cref="MalformedDataException">One of them is broken, or a plugin would have to decide.</exception>
    public static NotationAttributes Create(NotationHeader header)
    {
        if (header.ContentType != PayloadType)
            throw header.Malformed("content type", $"is '{header.ContentType}', must be '{PayloadType}'");
        if (header.Plugin is { } plugin)
            throw header.Malformed(PluginName, $"asks for the verification plugin '{plugin}', and no plugins are run here");
        if (header.Critical.FirstOrDefault(name => !Understood.Contains(name)) is { } unknown)
            throw header.Malformed("crit", $"names '{unknown}', which is not understood");

        RequireCritical(header, SchemeName);
        if (header.AuthenticSigningTime is not null)
            RequireCritical(header, AuthenticSigningTimeName);
        if (header.Expiry is not null)
            RequireCritical(header, ExpiryName);
        return header.Scheme switch
        {
            "notary.x509" => new(
                NotationScheme.X509, Time(header, header.SigningTime, SigningTimeName, header.AuthenticSigningTime), header.Expiry),
            "notary.x509.signingAuthority" => new(
                NotationScheme.SigningAuthority, Time(header, header.AuthenticSigningTime, AuthenticSigningTimeName, header.SigningTime),
                header.Expiry),
            _ => throw header.Malformed(SchemeName, $"is '{header.Scheme}', must be notary.x509 or notary.x509.signingAuthority"),
        };
    }

    private static void RequireCritical(NotationHeader header, string name)
    {
        if (!header.Critical.Contains(name))
            throw header.Malformed("crit", $"does not name '{name}'");
    }

    private static DateTimeOffset Time(NotationHeader header, DateTimeOffset? wanted, string name, DateTimeOffset? other) => other is null
        ? wanted ?? throw header.Malformed(name, "is missing")
        : throw header.Malformed(name, "must be the only one: the signing time of the other scheme is given");
}

internal enum NotationScheme
{
    X509,
    SigningAuthority,
}
