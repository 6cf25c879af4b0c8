// A whole session with the client that openapi-generator makes: it must compile as it stands, every
// step must succeed, and nothing that no step changes may be lost.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"sort"
	"time"

	fasti "example.org/fasti"
)

var start = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
var steps int

func fail(step string, words ...any) {
	fmt.Fprintln(os.Stderr, append([]any{step + ":"}, words...)...)
	os.Exit(1)
}

// What came, or the end of the session.
func good[T any](step string) func(value T, reply *http.Response, err error) T {
	return func(value T, reply *http.Response, err error) T {
		steps++
		if err != nil {
			body := []byte{}
			if reply != nil {
				body, _ = io.ReadAll(reply.Body)
			}
			fail(step, err, string(body))
		}
		return value
	}
}

func same(step string, is any, expected any) {
	steps++
	if !reflect.DeepEqual(is, expected) {
		fail(step, is, "is not", expected)
	}
}

func signUp(client *fasti.APIClient, name string) (context.Context, int64) {
	body := fasti.NewRegistration(name, name+"@example.org", "four plain words, 1")
	open := context.Background()
	signedIn := good[*fasti.SignedIn]("register")(
		client.AccountsAPI.Register(open).Registration(*body).Execute())
	return context.WithValue(open, fasti.ContextAccessToken, signedIn.AccessToken), signedIn.User.Id
}

func kept(event *fasti.Event) []any {
	pattern := event.RecurrencePattern.Get()
	rule := ""
	if pattern != nil {
		rule = pattern.GetRrule()
	}
	return []any{event.Title, event.GetTimezone(), event.Status, event.AllDay, event.IsRecurring, rule}
}

func main() {
	configuration := fasti.NewConfiguration()
	configuration.Servers = fasti.ServerConfigurations{{URL: os.Args[1]}}
	client := fasti.NewAPIClient(configuration)
	amira, amiraID := signUp(client, "amira-go")
	bela, belaID := signUp(client, "bela-go")
	isEvent := good[*fasti.Event]

	rule := fasti.NewRecurrencePatternInput()
	rule.SetFreq("weekly")
	rule.SetByDay([]string{"MO", "WE"})
	rule.SetCount(10)
	body := fasti.NewEventInput("Stand-up", start, start.Add(15*time.Minute))
	body.SetTimezone("Europe/Zurich")
	body.SetStatus("tentative")
	body.SetRecurrencePattern(*rule)
	expected := []any{"Stand-up", "Europe/Zurich", "tentative", false, true,
		"FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"}

	create := client.EventsAPI.CreateEvent(amira).EventInput(*body).
		IdempotencyKey("one-key-for-one-series")
	made := isEvent("create")(create.Execute())
	again := isEvent("create again")(create.Execute())
	same("one event for one key", again.Id, made.Id)
	same("as it was asked for", kept(made), expected)
	id := made.Id

	place := fasti.NewEventPatch()
	place.SetLocation("Hall")
	patched := isEvent("patch")(client.EventsAPI.UpdateEvent(amira, id).EventPatch(*place).Execute())
	same("the place", patched.GetLocation(), "Hall")
	same("nothing lost by the patch", kept(patched), expected)
	place.SetLocation("Attic")
	put := isEvent("put")(client.EventsAPI.ReplaceEvent(amira, id).EventPatch(*place).Execute())
	same("nothing lost by the put", kept(put), expected)
	list := good[*fasti.ListEvents200Response]("list")(
		client.EventsAPI.ListEvents(amira).Title("Stand").Execute())
	same("listed", len(list.Items), 1)
	same("listed as it is", kept(&list.Items[0]), expected)

	one := fasti.NewGrantee()
	one.SetUserId(belaID)
	one.SetRole("Editor")
	share := fasti.NewShare()
	share.SetUsers([]fasti.Grantee{*one})
	good[*fasti.ShareEvent200Response]("share")(
		client.SharingAPI.ShareEvent(amira, id).Share(*share).Execute())
	isEvent("read by the other")(client.EventsAPI.GetEvent(bela, id).Execute())
	// From then on she is known, and may ask when the other is busy.
	yes := "yes"
	answer := fasti.NewAnswer(*fasti.NewNullableString(&yes))
	good[*fasti.Permission]("answer")(
		client.SharingAPI.AnswerEvent(bela, id).Answer(*answer).Execute())
	title := fasti.NewEventPatch()
	title.SetTitle("Daily")
	tag := fmt.Sprintf("\"%d\"", put.VersionNumber)
	renamed := isEvent("patch by the other")(
		client.EventsAPI.UpdateEvent(bela, id).EventPatch(*title).IfMatch(tag).Execute())
	same("nothing lost by the other", kept(renamed)[1:], expected[1:])

	versions := good[*fasti.ListVersions200Response]("history")(
		client.HistoryAPI.ListVersions(amira, id).Execute()).Items
	same("versions", len(versions), 4)
	same("what changed", versions[0].ChangedFields, []string{"title"})
	diff := good[*fasti.Diff]("diff")(client.HistoryAPI.DiffVersions(amira, id, 1, 4).Execute())
	fields := []string{}
	for _, change := range diff.Changes {
		fields = append(fields, change.Field)
	}
	sort.Strings(fields)
	same("differences", fields, []string{"location", "title"})
	back := isEvent("rollback")(client.HistoryAPI.RollBackEvent(amira, id, 1).Execute())
	same("as it was", kept(back), expected)
	same("nowhere", back.Location.Get() == nil, true)
	log := good[[]fasti.ChangelogEntry]("changelog")(
		client.HistoryAPI.ListChangelog(amira, id).Execute())
	same("old and new", log[1].Changes["location"].New, "Hall")

	busy := good[*fasti.FreeBusy]("free/busy of two")(
		client.CalendarAPI.GetFreeBusy(amira).UserIds([]int64{amiraID, belaID}).
			From(start).To(start.AddDate(0, 0, 1)).Execute())
	same("two people", []int64{busy.Users[0].UserId, busy.Users[1].UserId}, []int64{amiraID, belaID})
	isEvent("delete")(client.EventsAPI.DeleteEvent(amira, id).Execute())
	isEvent("restore")(client.EventsAPI.RestoreEvent(amira, id).Execute())
	fmt.Println(steps, "steps")
}
