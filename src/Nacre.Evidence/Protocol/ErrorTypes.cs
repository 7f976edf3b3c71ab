namespace Nacre.Evidence.Protocol;

/// <summary>The <c>type</c> names of upstream's errors that are used here (trust.md 1.10), and ours where upstream has none.</summary>
public static class ErrorTypes
{
    public const string AdminAuthAccess = "AdminAuthAccess";
    public const string AttestationError = "AttestationError";
    public const string InvalidRequestPath = "InvalidRequestPath";
    public const string JweError = "JweError";
    public const string PluginNotFound = "PluginNotFound";
    public const string PluginInternalError = "PluginInternalError";
    public const string PolicyDeny = "PolicyDeny";
    public const string ParsePolicyError = "ParsePolicyError";
    public const string PolicyEngineError = "PolicyEngineError";
    public const string RvpsError = "RvpsError";
    public const string SerdeError = "SerdeError";
    public const string TokenNotFound = "TokenNotFound";
    public const string TokenVerifierError = "TokenVerifierError";

    /// <summary>Ours: upstream answers 401 for these.</summary>
    public const string ResourceNotFound = "ResourceNotFound";
    public const string PayloadTooLarge = "PayloadTooLarge";
    public const string MethodNotAllowed = "MethodNotAllowed";
    public const string Conflict = "Conflict";
    public const string PreconditionFailed = "PreconditionFailed";
    public const string ReleaseLimit = "ReleaseLimit";
    public const string TooManyRequests = "TooManyRequests";
    public const string Unavailable = "Unavailable";
    public const string InternalError = "InternalError";
}
