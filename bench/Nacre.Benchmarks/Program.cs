using Nacre.Benchmarks.Evidence;
using Nacre.Benchmarks.Handshake;
using Nacre.Benchmarks.Images;
using Nacre.Benchmarks.Kbs;
using Nacre.Benchmarks.Kbs.Snp;
using Nacre.Benchmarks.Rego;

// One line for each measurement; ./nacre bench NAME runs it.
(string Name, string What, Func<string[], Task<int>> RunAsync)[] benchmarks =
[
    ("handshake", "one handshake with TPM evidence and one resource, over loopback", HandshakeBenchmark.RunAsync),
    ("evidence", "verifications of SGX, TDX, SNP and TPM evidence beside openssl speed", EvidenceBenchmark.RunAsync),
    ("images", "pull, encrypt and decrypt images beside skopeo and umoci [--size MB] [--rounds N]", ImagesBenchmark.RunAsync),
    (
        "kbs", $"the trust server under load [--only {string.Join('|', KbsOptions.Parts)}] [--seconds N] [--abandoned N] [--entries N]",
        KbsBenchmark.RunAsync),
    ("rego", "policies: the default CPU policy, 100 and 10,000 rules, an agent policy", RegoBenchmark.RunAsync),
];

if (args is [SnpServer.Verb, .. var of])
    return await SnpServer.RunAsync(of);

if (args is [var name, .. var rest] && Array.Find(benchmarks, benchmark => benchmark.Name == name) is { RunAsync: { } run })
{
    try
    {
        return await run(rest);
    }
    catch (FormatException e)
    {
        Console.Error.WriteLine($"nacre: error: {e.Message}");
        return 1;
    }
}

Console.Error.WriteLine("nacre: error: which measurement?");
foreach (var (known, what, _) in benchmarks)
    Console.Error.WriteLine($"  ./nacre bench {known,-12} {what}");
return 1;
