using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>Positions of sequences in the log, each a transaction of its own, as values are never given back.</summary>
internal sealed class SequenceLog(TransactionManager manager) : ISequenceLog
{
    private const int RoomWaitMs = 50;   // between two looks whether who waits has been cancelled

    public void Write(SequenceDefinition definition, long last, bool isCalled, Action publish, Action? throwIfCancelled = null)
    {
        var position = new SequenceStore(definition);
        position.TrySet(last, isCalled);
        var lines = new DefinitionLines(DatabaseCatalog.Empty, new Dictionary<int, SequenceStore> { [definition.Oid] = position });
        var batch = new LogBatch();
        batch.Begin(LogOperation.Sequence, Encoding.UTF8.GetBytes(DefinitionText.NameOf(definition.Schema, definition.Name)));
        foreach (byte[] line in lines.Of(writer => writer.WriteSequence(definition, null)))
        {
            batch.Cell(line);
        }
        batch.End();
        try
        {
            while (!manager.Log!.TryReserveRoom(batch.ByteCount, RoomWaitMs))
            {
                throwIfCancelled?.Invoke();
            }
            manager.Enqueue(batch, new Commit(manager, publish));
            manager.Log.WaitUntilPublished(batch);
        }
        finally
        {
            batch.Clear();
        }
    }

    private sealed class Commit(TransactionManager manager, Action publish) : ICommitSink
    {
        public void Publish(long lsn)
        {
            publish();
            manager.PublishPosition(lsn);
        }

        public void Fail(Exception error)
        {
        }
    }
}
