using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Nacre.Evidence;
using Nacre.Evidence.Cca;
using Nacre.Evidence.Csv;
using Nacre.Evidence.Nitro;
using Nacre.Evidence.Nvidia;
using Nacre.Evidence.Se;
using Nacre.Evidence.Sgx;
using Nacre.Evidence.Snp;
using Nacre.Evidence.Tdx;
using Nacre.Formats.EventLogs;
using Nacre.Verifiers.EventLogs;

namespace Nacre.Cli.Evidence;

/// <summary><c>nacre evidence show FILE</c>: what a file is and every field of it. Nothing is verified.</summary>
internal static class EvidenceShowCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("file") { Description = "CoCo's JSON evidence, a binary report or quote, or an event log." };
        var command = new Command("show", "Print what evidence says. Nothing is verified.") { name };
        var format = OutputFormat.AddTo(command);
        command.SetAction(async (line, cancel) =>
        {
            var file = await EvidenceFile.ReadAsync(line.GetRequiredValue(name), cancel);
            var kind = file.Require(asked: null);
            await Console.Error.WriteLineAsync($"nacre: {file.Name}: {kind}; nothing is verified here");
            if (kind == EvidenceFile.EventLogKind)
                WriteLog(line, format, TcgEventLog.Parse(file.Content));
            else if (kind == TeeNames.Snp)
                Write(line, format, SnpReportText.Fields(file.IsJson ? SnpEvidence.Parse(file.Content).Report : SnpReport.Parse(file.Content)));
            else if (kind == TeeNames.Tdx)
                Write(line, format, QuoteText.Fields(file.IsJson ? TdxEvidence.Parse(file.Content).Quote : TdxEvidence.ParseQuote(file.Content)));
            else if (kind == TeeNames.Sgx)
                Write(line, format, QuoteText.Fields(file.IsJson ? SgxEvidence.Parse(file.Content).Quote : SgxEvidence.ParseQuote(file.Content)));
            else if (kind == TeeNames.Csv)
                Write(line, format, CsvReportText.Fields(CsvEvidence.Parse(file.Content).Report));
            else if (kind == TeeNames.Nvidia)
                Write(line, format, NvidiaReportText.Fields(NvidiaEvidence.Parse(file.Content)));
            else if (kind == TeeNames.Se)
                Write(line, format, SeEvidenceText.Fields(SeEvidence.Parse(file.Content)));
            else if (kind == TeeNames.Cca)
                Write(line, format, CcaTokenText.Fields(file.IsJson ? CcaEvidence.Parse(file.Content) : CcaToken.Parse(file.Content)));
            else if (kind == TeeNames.Nitro)
                Write(
                    line, format, NitroDocumentText.Fields(file.IsJson ? NitroEvidence.Parse(file.Content) : NitroDocument.Parse(file.Content)));
            else
                OutputFormat.WriteJson(JsonNode.Parse(file.Content)!);

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(ParseResult line, OutputFormat format, JsonObject fields)
    {
        if (format.IsJson(line))
            OutputFormat.WriteJson(fields);
        else
            format.Write(line, [.. fields.Select(field => (JsonNode)new JsonObject { ["field"] = field.Key, ["value"] = field.Value!.DeepClone() })], "field", "value");
    }

    private static void WriteLog(ParseResult line, OutputFormat format, TcgEventLog log)
    {
        var registers = new JsonObject();
        foreach (var hash in log.Algorithms)
        {
            var bank = new JsonObject();
            foreach (var (register, value) in EventLogReplay.Compute(log, hash))
                bank[register.ToString(CultureInfo.InvariantCulture)] = Convert.ToHexStringLower(value);
            registers[hash.Name] = bank;
        }

        JsonArray events = [.. UefiEventClaims.Create(log).Select(one => (JsonNode)one.ToJson())];
        if (format.IsJson(line))
            OutputFormat.WriteJson(new JsonObject { ["events"] = events, ["registers"] = registers, ["concerns"] = Concerns(log) });
        else
            format.Write(line, events, "index", "type_name", "digest_matches_event", "details");
    }

    private static JsonArray Concerns(TcgEventLog log) => [.. EventLogConcerns.Find(log).Select(concern => (JsonNode)JsonValue.Create(concern))];
}
