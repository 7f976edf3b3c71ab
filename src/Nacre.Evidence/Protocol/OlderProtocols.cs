namespace Nacre.Evidence.Protocol;

/// <summary>
/// Versions of the KBS protocol before the newest (trust.md 1.13): which can be taken safely, and why others never are (ADR 23).
/// </summary>
public static class OlderProtocols
{
    public const string V020 = "0.2.0";

    /// <summary>As 0.2.0, but the evidence of devices comes along and the primary evidence binds it; no init-data.</summary>
    public const string V030 = "0.3.0";

    /// <summary>Their evidence binds nonce and key, and their answers are JWE of RFC 7516.</summary>
    public static IReadOnlyList<string> Safe { get; } = [V020, V030];

    /// <summary>Why this version can never be taken, and what to do about it; null for a safe one and the newest.</summary>
    public static string? FindProblem(string version) => version switch
    {
        KbsProtocol.Version or V020 or V030 => null,
        "0.1.0" or "0.1.1" => "its secrets are wrapped with RSA PKCS#1 v1.5, which gives way to padding oracles, in a JWE whose header "
            + "is not authenticated and can be changed on the way; update the guest to guest-components 0.12 or newer",
        _ => $"it is not known here; known are {string.Join(", ", Safe)} and {KbsProtocol.Version}",
    };
}
