using System.Security.Cryptography;
using Nacre.Evidence.Tpm;
using Nacre.Formats;

namespace Nacre.Attesters.Tpm;

public sealed partial class TpmDevice
{
    /// <summary>An unsalted, unbound policy session with SHA-256.</summary>
    public async ValueTask<uint> StartPolicySessionAsync(CancellationToken cancel)
    {
        var parameters = new TpmWriter()
            .Sized(RandomNumberGenerator.GetBytes(16)) // nonceCaller
            .UInt16(0) // encryptedSalt
            .UInt8(1) // TPM_SE_POLICY
            .UInt16(TpmAlgorithm.Null)
            .UInt16(TpmAlgorithm.Sha256);

        var none = (uint)TpmHierarchy.Null;
        var response = await ExecuteAsync(TpmCommandCode.StartAuthSession, [none, none], [], parameters, 1, cancel);
        return new StructReader("tpm.StartAuthSession", response).UInt32BE("session");
    }

    /// <summary>Satisfies "knows the authorisation of <paramref name="hierarchy"/>" in a policy session.</summary>
    public async ValueTask PolicySecretAsync(TpmHierarchy hierarchy, uint session, CancellationToken cancel)
    {
        // No nonce, no cpHash, no policyRef, no expiration.
        var parameters = new TpmWriter().UInt16(0).UInt16(0).UInt16(0).UInt32(0);
        await ExecuteAsync(TpmCommandCode.PolicySecret, [(uint)hierarchy, session], [PasswordSession], parameters, 0, cancel);
    }
}
