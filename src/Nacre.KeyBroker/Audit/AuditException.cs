namespace Nacre.KeyBroker.Audit;

/// <summary>The audit record cannot be written. Whatever was to be recorded must not happen.</summary>
public sealed class AuditException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A chain is not as it was written. The message begins with the file and the number of the first line that is wrong.</summary>
public sealed class AuditDamageException(string file, int line, string problem) : Exception($"{file}:{line}: {problem}")
{
    public string File { get; } = file;

    /// <summary>From 1.</summary>
    public int Line { get; } = line;
}
