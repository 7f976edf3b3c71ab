using Nacre.Attestation.Remote;

namespace Nacre.Attestation.Services;

/// <summary>A change that another program asks for, for the audit record of the server around the services.</summary>
/// <param name="Call">As the contract names it.</param>
/// <param name="Object">What is changed; null when only the body says.</param>
/// <param name="Body">What was sent.</param>
public sealed record ServiceChange(string Call, string? Object, string Body)
{
    /// <summary>Makes the change when it is on record that it is about to be made, and records how it ended.</summary>
    /// <param name="state">Has the record.</param>
    /// <param name="refusal">Why it is not made at all; null when it may be.</param>
    /// <param name="make">Makes it.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="AttestationUnavailableException">It cannot be recorded.</exception>
    internal async ValueTask RunAsync(IServiceState state, ServiceCallException? refusal, Func<ValueTask> make, CancellationToken cancel)
    {
        if (refusal is not null)
        {
            await state.RecordAsync(this, ServiceChangeStep.Refused, refusal.Causes, cancel);
            throw refusal;
        }

        await state.RecordAsync(this, ServiceChangeStep.Begun, null, cancel);
        try
        {
            await make();
        }
        catch (Exception e)
        {
            await state.RecordAsync(
                this, ServiceChangeStep.Failed, e is ServiceCallException told ? told.Causes : e.Message, CancellationToken.None);
            throw;
        }

        await state.RecordAsync(this, ServiceChangeStep.Done, null, CancellationToken.None);
    }
}

public enum ServiceChangeStep
{
    Begun,
    Done,

    /// <summary>The caller may not.</summary>
    Refused,

    Failed,
}
