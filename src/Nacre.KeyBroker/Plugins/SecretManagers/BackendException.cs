using Nacre.Evidence.Protocol;
using Nacre.KeyBroker.Http;

namespace Nacre.KeyBroker.Plugins.SecretManagers;

/// <summary>
/// A secret manager does not do what it was asked for. The message is for administrators; it holds neither secret nor credential.
/// </summary>
public sealed class BackendException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>It never takes changes from here.</summary>
    public bool IsReadOnly { get; private init; }

    public static BackendException ReadOnly(string backend) =>
        new($"{backend} is read-only here: change the secret in the secret manager itself") { IsReadOnly = true };

    /// <summary>What an administrator is told.</summary>
    public KbsProblemException ToProblem() => IsReadOnly
        ? new(405, ErrorTypes.MethodNotAllowed, Message, null, this)
        : new(503, ErrorTypes.Unavailable, Message, null, this) { RetryAfter = Pause };
}
