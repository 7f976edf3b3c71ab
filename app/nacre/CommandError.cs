using System.Net.Sockets;
using System.Security.Cryptography;
using Nacre.Attesters.Tpm;
using Nacre.Cli.Image;
using Nacre.Client;
using Nacre.Formats;
using Nacre.Images;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Audit;
using Nacre.Storage;

namespace Nacre.Cli;

/// <summary>What a person is told about an error: one line that says what, one that says what to do, and the exit code.</summary>
internal sealed record CommandError(int ExitCode, string Message, string? Remedy = null)
{
    /// <summary>The one translation of exceptions at the edge of the program; null for a defect of ours, which keeps its stack trace.</summary>
    public static CommandError? From(Exception exception) => exception switch
    {
        CommandException e => new(e.ExitCode, e.Message, e.Remedy),
        MalformedDataException e => new(Cli.ExitCode.NotVerified, e.Message),
        KbsException e => FromServer(e),
        ImageException e => new(ImageVerb.CodeOf(e.Fault), $"{e.What} ({e.Where})", e.Remedy),
        TpmException e => new(Cli.ExitCode.Local, e.Message),
        TpmUnavailableException e => new(Cli.ExitCode.Local, e.Message, "--tpm or NACRE_TPM names the TPM: /dev/tpmrm0, swtpm:HOST:PORT or unix:/PATH"),
        CryptographicException e => new(Cli.ExitCode.Local, e.Message),
        TrustServerException e => new(Cli.ExitCode.Local, e.Message),
        AuditException e => new(Cli.ExitCode.Local, e.Message, "what cannot be recorded is not done"),
        StoreException e => new(Cli.ExitCode.Local, e.Message),
        FormatException e => new(Cli.ExitCode.Local, e.Message),
        HttpRequestException e => new(Cli.ExitCode.Server, e.Message, "is the server running, and is the address right?"),
        SocketException e => new(Cli.ExitCode.Server, e.Message),
        UnauthorizedAccessException e => new(Cli.ExitCode.Local, e.Message, "choose a path that this user may use"),
        IOException e => new(Cli.ExitCode.Local, e.Message),
        _ => null,
    };

    private static CommandError FromServer(KbsException e) => new(
        e.Failure switch
        {
            KbsFailure.Denied => Cli.ExitCode.Denied,
            KbsFailure.Unauthenticated => Cli.ExitCode.NotVerified,
            KbsFailure.Unavailable or KbsFailure.Protocol => Cli.ExitCode.Server,
            _ => Cli.ExitCode.Local,
        },
        e.Message,
        e.Failure == KbsFailure.Unavailable
            ? "is the server running, is --url right, and does --cacert name its authority?"
            : e.Reference is { } reference ? $"the server's operator sees the whole story with: nacre attempts show {reference}" : null);

    public async Task<int> WriteAsync(TextWriter error)
    {
        await error.WriteLineAsync($"nacre: error: {Message}");
        if (Remedy is not null)
            await error.WriteLineAsync($"nacre: hint: {Remedy}");
        return ExitCode;
    }
}
