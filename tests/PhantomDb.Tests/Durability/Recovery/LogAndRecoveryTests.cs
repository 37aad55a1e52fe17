using System.Globalization;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Tests.Durability.Log;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>The log's writer and recovery, one after the other, over segments that rotate.</summary>
[TestClass]
public sealed class LogAndRecoveryTests
{
    [TestMethod]
    public void What_the_writer_has_acknowledged_comes_back_time_after_time()
    {
        var disk = new LogDisk();
        LogStart start = LogUnderTest.NewStart();
        long lastLsn = 0;
        int rows = 0;
        for (int round = 0; round < 5; round++)
        {
            using (var log = new TransactionLog(disk, start, new TransactionLogOptions { SegmentBytes = 4096, IdleSyncMs = 3_600_000 }))
            {
                for (int i = 0; i < 60; i++)
                {
                    var batch = new LogBatch();
                    if (rows == 0)
                    {
                        batch.Begin(LogOperation.Table, "users"u8);
                        batch.Cell("COLUMNS:id:int,name:string"u8);
                        batch.Cell("CONSTRAINT:users_pkey PRIMARY KEY (id)"u8);
                        batch.End();
                    }
                    batch.Begin(LogOperation.Insert, "users"u8);
                    batch.Cell(Encoding.ASCII.GetBytes((++rows).ToString(CultureInfo.InvariantCulture)));
                    batch.Cell("Jane Smith"u8);
                    batch.End();
                    log.ReserveRoom(batch.ByteCount, default);
                    log.Enqueue(batch, rows, null);
                    log.WaitUntilPublished(batch);
                }
                log.Close();
                lastLsn = log.LastLsn;
            }

            RecoveredDatabase recovered = DatabaseRecovery.Run("/data/shop.db", LoadTarget.New, disk);

            TableDefinition table = recovered.Database.Catalog.FindTable("public", "users")!;
            Assert.AreEqual(rows, recovered.Database.Storage.GetTable(table.Oid).RowCount);
            Assert.AreEqual(lastLsn, recovered.Report.LastLsn);
            Assert.AreEqual(RecoveryVerdict.Clean, recovered.Report.Verdict, recovered.Report.ToString());
            start = recovered.ToLogStart("/data", "shop");
            Assert.AreEqual(lastLsn + 1, start.NextLsn);
            Assert.IsGreaterThan((2 * round) + 1, start.Segments.Count);
        }
    }
}
