using System.CommandLine;
using Nacre.KeyBroker.Audit.Export;

namespace Nacre.Cli.Serve;

/// <summary>Where a server sends its audit record too.</summary>
internal sealed class AuditExportFlags
{
    private readonly Option<string?> _target = new("--audit-export")
    {
        Description = $"Where to send the audit record, besides writing it; it {AuditExportOptions.Rule}.",
    };

    private readonly Option<FileInfo?> _authority = new("--audit-export-ca")
    {
        Description = "PEM file of the authority of the receiver's certificate.",
    };

    public static AuditExportFlags AddTo(Command command)
    {
        var flags = new AuditExportFlags();
        command.Options.Add(flags._target);
        command.Options.Add(flags._authority);
        return flags;
    }

    /// <summary>Null for nowhere.</summary>
    public AuditExportOptions? Read(ParseResult line)
    {
        var file = line.GetValue(_authority);
        if (line.GetValue(_target) is not { } text)
            return file is null ? null : throw new CommandException("--audit-export-ca says nothing without --audit-export");

        var options = AuditExportOptions.Parse(text)
            ?? throw new CommandException($"'{text}' is no place to send the audit record to", $"it {AuditExportOptions.Rule}");
        return options with { HostName = Environment.MachineName, Authorities = file is null ? null : AuthorityFile.Read(file) };
    }
}
