namespace Nacre.Evidence.Protocol;

/// <summary>Names of the KBS protocol that both sides use (trust.md section 1).</summary>
public static class KbsProtocol
{
    public const string Version = "0.4.0";
    public const string PathPrefix = "/kbs/v0/";
    public const string SessionCookie = "kbs-session-id";
    public const string ErrorTypePrefix = "https://github.com/confidential-containers/kbs/errors/";

    /// <summary>What a handshake message may hold; upstream's default for every body.</summary>
    public const int MaxMessageBytes = 2 * 1024 * 1024;

    public const int MaxNonceLength = 64 * 1024;
}
