using System.Diagnostics;
using System.Globalization;
using Nacre.Evidence.Snp;
using Nacre.Evidence.Tdx;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Snp;
using Nacre.Verifiers.Tdx;
using Nacre.Verifiers.Tpm;

namespace Nacre.Benchmarks.Evidence;

/// <summary>
/// <c>nacre bench evidence</c>: verifications per second of one processor with collateral in memory, beside two bounds of the same run: what
/// <c>openssl speed</c> says of the signature verifications they consist of, and what the runtime makes of the same. A bound counts exactly the
/// signatures that are checked each time: the chain of a platform seen before is not among them; "first" is the first quote that a verifier ever
/// sees, with its whole chain. Reading public keys and hashing are in no bound.
/// </summary>
internal static class EvidenceBenchmark
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_measured = TimeSpan.FromSeconds(3);

    // A name, one verification, and the public-key operations in it. The peers' figures are those of specs/peers.md.
    private sealed record Subject(string Name, Func<ValueTask<Verdict>> VerifyAsync, (string Algorithm, int Count)[] Operations, string Peer);

    public static async Task<int> RunAsync(string[] args)
    {
        var vectors = EvidenceVectors.Find();
        Subject[] subjects =
        [
            Sgx(vectors, isFirst: false), Sgx(vectors, isFirst: true), Tdx(vectors, isFirst: false), Tdx(vectors, isFirst: true),
            Snp(vectors, isFirst: false), Snp(vectors, isFirst: true), Tpm(vectors),
        ];

        // All of them first: code that they share would be compiled, and that counted, at the expense of whoever comes first.
        foreach (var subject in subjects)
            await RepeatAsync(subject, s_warmUp);

        Console.WriteLine(
            $"{"",-14}{"per second",12}{"OpenSSL",12}{"of it",8}{"runtime",12}{"of it",8}{"allocated",12}  signatures checked; peer on such a machine");
        foreach (var subject in subjects)
        {
            // Just before: the machine may be another one a minute later.
            var names = subject.Operations.Select(operation => operation.Algorithm).ToArray();
            var openSsl = await OpenSslSpeed.MeasureAsync(names);
            var runtime = RuntimeSpeed.Measure(names);
            var (rate, allocated) = await MeasureAsync(subject);
            var openSslBound = 1 / subject.Operations.Sum(operation => operation.Count / openSsl[operation.Algorithm].Verify);
            var runtimeBound = 1 / subject.Operations.Sum(operation => operation.Count / runtime[operation.Algorithm]);
            var operations = string.Join(" + ", subject.Operations.Select(operation => $"{operation.Count} {operation.Algorithm}"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{subject.Name,-14}{rate,12:N0}{openSslBound,12:N0}{rate / openSslBound,8:P0}{runtimeBound,12:N0}{rate / runtimeBound,8:P0}"
                + $"{allocated / 1024,9:N1} KB  {operations}; {subject.Peer}"));
        }

        Console.WriteLine();
        MeasureParsing(vectors);
        return 0;
    }

    private static Subject Sgx(EvidenceVectors vectors, bool isFirst)
    {
        var one = vectors.Case("sgx", verdict => verdict.StartsWith("tcb:", StringComparison.Ordinal));
        var options = Options(one);
        var verifier = new SgxVerifier(options);
        var submission = new EvidenceSubmission { Evidence = default, At = one.At };
        return new(
            isFirst ? "SGX v3, first" : "SGX v3",
            () => (isFirst ? new SgxVerifier(options) : verifier).VerifyQuoteAsync(one.Inputs["quote"], submission, default),
            DcapOperations(isFirst), "Intel's library, collateral checked before: 401");
    }

    private static Subject Tdx(EvidenceVectors vectors, bool isFirst)
    {
        var one = vectors.Case("tdx", verdict => verdict.StartsWith("tcb:", StringComparison.Ordinal));
        var options = Options(one);
        var verifier = new TdxVerifier(options);
        var submission = new EvidenceSubmission { Evidence = default, At = one.At };
        return new(
            isFirst ? "TDX v4, first" : "TDX v4",
            () => (isFirst ? new TdxVerifier(options) : verifier).VerifyQuoteAsync(one.Inputs["quote"], null, submission, default),
            DcapOperations(isFirst), "go-tdx-guest without collateral: 1,328; Intel's library: 532");
    }

    // The quote and the QE report; at first also the platform's certificate, its authority and the root.
    private static (string, int)[] DcapOperations(bool isFirst) => [("ecdsap256", isFirst ? 5 : 2)];

    private static Subject Snp(EvidenceVectors vectors, bool isFirst)
    {
        var one = vectors.Case("snp", verdict => verdict == "valid");
        var verifier = new SnpVerifier(new());
        var submission = new EvidenceSubmission { Evidence = default, At = one.At };
        return new(
            isFirst ? "SNP, first" : "SNP",
            () => (isFirst ? new SnpVerifier(new()) : verifier).VerifyReportAsync(one.Inputs["report"], one.Inputs["vek"], submission, default),
            isFirst ? [("ecdsap384", 1), ("rsa4096", 1)] : [("ecdsap384", 1)], "go-sev-guest: 752");
    }

    private static Subject Tpm(EvidenceVectors vectors)
    {
        var json = vectors.Json("tpm", "valid");
        var verifier = new TpmVerifier();
        var submission = new EvidenceSubmission
        {
            Evidence = json,
            At = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero),
            Endorsement = TpmKeyEndorsement.Enrolled(TpmEvidence.Parse(json).AkPublic),
        };
        return new("TPM", () => verifier.VerifyAsync(submission, default), [("rsa2048", 1)], "(no figure)");
    }

    private static DcapOptions Options(EvidenceCase one) => new()
    {
        AllowDebug = true,
        AllowTrailingData = true,
        Collateral = new MemoryDcapCollateral(DcapCollateral.Parse(
            new()
            {
                TcbInfo = one.Inputs["tcb_info"],
                QeIdentity = one.Inputs["qe_identity"],
                TcbSigningChain = one.Inputs["tcb_signing_chain"],
                PckCrl = one.Inputs["pck_crl"],
                RootCaCrl = one.Inputs["root_ca_crl"],
            },
            IntelRoot.KeyDigest)),
    };

    private static async Task<(double Rate, double Allocated)> MeasureAsync(Subject subject)
    {
        await RepeatAsync(subject, s_warmUp);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var (count, seconds) = await RepeatAsync(subject, s_measured);
        return (count / seconds, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / count);
    }

    private static async Task<(long Count, double Seconds)> RepeatAsync(Subject subject, TimeSpan time)
    {
        // Time of the processor, as openssl speed counts it: other work on the machine is no part of either.
        var watch = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var count = 0L;
        for (; watch.Elapsed < time; count++)
            if (await subject.VerifyAsync() is Refused refused)
                throw new InvalidOperationException($"{subject.Name} is refused, so there is nothing to measure: {string.Join("; ", refused.Failures)}");

        return (count, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    // Bytes for one parse: the result and what it holds.
    private static void MeasureParsing(EvidenceVectors vectors)
    {
        var report = vectors.Case("snp", verdict => verdict == "valid").Inputs["report"];
        var quote = vectors.Case("tdx", verdict => verdict.StartsWith("tcb:", StringComparison.Ordinal)).Inputs["quote"];
        foreach (var (name, parse) in new (string, Action)[]
            { ("SNP report", () => SnpReport.Parse(report)), ("TDX quote", () => TdxEvidence.ParseQuote(quote)) })
        {
            parse();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
                parse();
            Console.WriteLine($"parsing a {name} allocates {(GC.GetAllocatedBytesForCurrentThread() - before) / 1000} bytes");
        }
    }
}
