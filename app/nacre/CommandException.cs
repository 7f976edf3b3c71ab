namespace Nacre.Cli;

/// <summary>A command cannot be carried out: one line that says what, one that says what to do about it.</summary>
internal sealed class CommandException(string message, string? remedy = null, int exitCode = ExitCode.Local) : Exception(message)
{
    public string? Remedy { get; } = remedy;

    public int ExitCode { get; } = exitCode;
}
