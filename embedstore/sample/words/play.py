"""What studios, newsrooms and clubs talk about."""

PIXELBARROW = """
@product
Hollow Lantern :: A detective story in a town where nobody casts a shadow. :: Turn on subtitles and keep a notebook.
Moss Knights II :: Four players, one boat, terrible decisions. :: The frog is back. He remembers.
Starfreight :: Trucking, but it's space and your cargo is bees. :: {dozens} planets, zero traffic lights.
the Drowned Orchard expansion :: {dozens} hours of story and one fishing minigame you'll blame us for. :: Bring a torch.
Tiny Dungeon Cooks :: Slay it, season it, serve it. :: Co-op for couples who can take it.
Moss Knights: Winter Court :: Free for everyone who owns the base game. :: New bosses, new hats, same frog.
@benefit
No loot boxes. Never had them, never will.
You can pet the dog. Of course you can pet the dog.
Out on everything with a screen.
@goods
our whole catalog | deluxe editions | the soundtrack on vinyl | plush mushrooms
@makers
artists | level designers | programmers | bug hunters
@fans
players | speedrunners | modders | backers
@role
a gameplay programmer | a concept artist | a narrative designer | a QA lead
a community manager | a sound designer
@place
the studio | the motion-capture stage | the QA cave | our {city} office
@tip
Stuck in the Sunken Library? Look up. That's all we'll say.
Parry later than you think. Then a little later.
Save the moth wings. You'll need {few} of them for chapter four.
Turn off motion blur, turn on subtitles, thank us after the boss.
Cook before you climb. Stamina food is not optional in Winter Court.
@scene
It took {first} {few} weeks to make this puddle look like a puddle.
Bug of the week: every chicken in the village now speaks Latin.
{first} recorded the swamp sounds with a bathtub and a rubber glove.
Concept art from {years} months before release. The frog was always there.
Motion capture day: {first} has been a goblin for seven hours.
@story
{first} beat the final boss with a dance mat. We have watched it {dozens} times.
{first} and {second} met in a raid. They sent us the wedding cake. It's a mushroom.
{first}, who is blind, finished the game using sound alone and wrote the guide for it.
A class in {city} rebuilt its own school inside our level editor.
@green
Our eco mode cuts console power by {pct}%. You won't see the difference. The meter will.
No more plastic cases: the new edition ships in a box you can plant.
Every frog you save this week plants a mangrove. You're at {thousands}.
@fault
matchmaking is down | some save files aren't syncing
login queues are longer than planned | the {weekday} patch is crashing at the title screen
@cause
gaming rigs for {dozens} children's hospitals
{few} scholarships for young developers
accessible controllers for {hundreds} players
@event
the Pixelbarrow Direct | our charity speedrun marathon | the {city} Game Expo
the Moss Knights community jam
@ask
Which game made you cry?
Easy, normal or pain?
What should the frog be called?
Controller or keyboard, and why are you wrong?
@metric
{hundreds} thousand copies sold in the first month | net bookings rose {pct}%
monthly players grew {pct}% | our back catalog brought in {most}% of revenue
@tag
#MossKnights | #IndieGame | #GameDev | #Pixelbarrow | #ScreenshotSaturday
@emoji
🎮 | 🐸 | 🗡️ | 👾
"""

GLOWREEL = """
@product
Harborlight :: Three sisters, one inheritance, no good options. :: A small town, a missing boat, a very long winter.
The Salt Road :: Eleven countries, one caravan, no map. :: The finale is 74 minutes. Bring snacks.
Seven Winters :: From the team that made you cry on a train last year. :: A love story told backward.
Midnight at the Orangery :: Everybody was in the room. Nobody saw a thing. :: Who did it? You'll change your mind twice.
Static :: Watch it with the lights off. Or don't. We warned you. :: One radio station. One voice. No way to turn it off.
season two of The Cartographers :: The map was wrong. So was she. :: New coast, old enemies.
@benefit
All episodes now streaming.
You'll want to cancel your plans.
@goods
annual passes | gift cards | premium plans | rentals
@makers
camera crews | costume makers | writers | stunt performers
@fans
viewers | bingers | superfans | movie-night crews
@role
a content buyer | a subtitle editor | a video-encoding engineer | a trailer editor
a trust and safety specialist
@place
stage 9 | the writers' room | the costume store | the set in {city}
@tip
Shift and the arrow keys skip the intro. You're welcome.
Turn on audio description and do the dishes. It's a radio play now.
Make a profile for the kids and your recommendations will recover.
Download before you fly. Airport Wi-Fi has never once worked.
@scene
{first} sewed {hundreds} buttons for one coronation scene. It lasts eleven seconds.
That storm in episode four? Two fire hoses and {first} with a leaf blower.
Day one and day {dozens} on the set of The Salt Road.
The dog playing Captain needed {few} takes. The actors needed nine.
Table read. Nobody is crying, it's just very dusty in here.
@story
{first} learned sign language because of episode six and now teaches it.
{first} and a grandmother in {city} watch every finale together, over the phone.
Extras wanted: {thousands} of you answered. {first} got the part.
{first} has rewatched Seven Winters {dozens} times. We sent a blanket.
@green
Our sets now run on batteries instead of diesel generators.
Costumes from Harborlight will dress {few} community theaters this {season}.
We rebuilt a fishing village from {most}% reused timber, then gave the timber back.
@fault
some of you see a black screen | downloads are failing on tablets
subtitles are out of sync in episode three | sign-in is slow on older TVs
@cause
film clubs in {hundreds} schools
{dozens} first-time directors
free screenings in {dozens} hospices
@event
the Harborlight premiere | our outdoor cinema in {city} | the Glowreel Fan Weekend
a live Q&amp;A with the cast
@ask
Skip intro: always or never?
Which finale still haunts you?
Recommend one film nobody has seen.
Who is the best villain of the year?
Popcorn: sweet or salted?
@metric
paid memberships grew {pct}% | Harborlight reached {hundreds} thousand households in a week
hours watched rose {pct}% | our ad-supported plan doubled
@tag
#Harborlight | #TheSaltRoad | #NowStreaming | #Glowreel | #MovieNight
@emoji
🍿 | 🎬 | 📺 | 😱
"""

LARKFIELD = """
@product
our Daybreak newsletter :: Five stories, five minutes, in your inbox by six. :: What happened while you slept.
the podcast Paper Trail :: One document, one mystery, one hour. :: Reported for eleven months by {few} journalists.
the Courier app :: No autoplay, no pop-ups, just the story. :: Saves articles for the tunnel.
our election live map :: Every precinct, every count, every ten minutes. :: The first results land at nine.
the weekend magazine :: Long reads, short recipes and the crossword. :: Made for a slow breakfast.
the puzzle page :: One grid a day, no streak guilt. :: Set by {first}, who is sorry about 14 across.
@benefit
Free to read for students and teachers.
Because your council meets whether or not you watch.
@goods
digital subscriptions | gift subscriptions | weekend editions | student plans
@makers
reporters | photographers | editors | data journalists
@fans
readers | subscribers | listeners | puzzle solvers
@role
a court reporter | a data journalist | a night editor | a photographer
an audience editor
@place
the newsroom | the print hall | the picture desk | our {city} bureau
@tip
Before you share: who says so, how do they know, and what's missing?
How to read a poll: check the sample, the dates and who paid.
Scanned a bill you don't understand? Our consumer desk explains the five charges to question.
Your rights when the landlord wants to raise the rent, in ten questions.
@scene
11:40 p.m. in the print hall. {first} pulls the first copy and checks the last line.
Our photographer {first} waited six hours in the rain for one frame.
{thousands} pages of council minutes, {few} reporters, one spreadsheet called FINAL_final_7.
The morning meeting: {dozens} pitches, nine stories, one doughnut left.
@story
City council approves plan for {hundreds} homes on the old mill site
Flood warning lifted for {city} after river peaks below 2013 level
Hospital in {city} to reopen night emergency room after two-year closure
Bus fares to rise {pct}% from {nextmonth}, regulator says
Teachers and district reach deal, ending {few}-day strike
Lost for {years} years, a painting turns up behind a filing cabinet in {city}
Police identify owner of llama found on highway outside {city}
Unemployment in the region falls to lowest since 2007
@green
Sea level could reach the harbor wall by 2050, new model shows. Our interactive map.
Wildfire smoke, explained: what it does, how far it travels, who is at risk.
We asked {dozens} mayors what they're doing about climate change. {few} answered in detail.
Who pays when the coast moves inland? Part one of our climate series.
@fault
our app is not loading new stories | today's e-paper is late
comments are switched off while we fix a fault
@cause
{dozens} student newspapers
reporting on {few} under-covered counties
legal help for local journalists
@event
our mayoral debate in {city} | the Courier Book Night | a live recording of Paper Trail
the Investigations Open House
@ask
What should our reporters look into next?
Which local story deserves more attention?
What was the best long read you found this week?
How do you get to work, and what would make it better?
@metric
digital subscriptions rose {pct}% | print revenue fell {pct}%
newsletter readers passed {hundreds} thousand | podcast downloads grew {pct}%
@tag
#LarkfieldCourier | #LocalNews | #Journalism | #LongReads | #PaperTrail
@emoji
📰 | 🗞️ | 🎙️ | 🔎
@only_customer
{story}
{story}. [Full story:|Read more:|Details here:] <hyperlink>
JUST IN: {story}
Updated: {story}. What we know so far.
{story}, writes {first} from {city}.
[Most read|Worth your time] this {today}: {story}
@only_climate
{green}
[Special report:|From our climate desk:|Long read:] {green}
{green} By {first}, climate correspondent.
{green} Free to read this {season}.
@only_animals
Police identify owner of {breed} found riding the number {few} bus in {city}
{pet} the library cat retires after {years} years of service. Our obituary desk is on standby, just in case.
[Photo of the day|Our picture editor's choice]: a {breed} inspects the flood defenses in {city}.
Missing for {hundreds} days, {pet} the cat walks back into her {city} home and asks for dinner
It's {today}, the news is heavy, and here is a {breed} in a raincoat.
"{pet} just sat down on the ballot box." The {breed} that stopped a count in {city}.
"""

EASTMOOR = """
@product
the {year} home shirt :: Red, white and woven from bottles. :: The collar is back. You asked, loudly.
our third kit :: Brick red, like the old North Stand. :: Designed with supporters, for supporters.
the Rovers match-day app :: Tickets, team news and the pie menu. :: Live commentary from the gantry.
the half-season ticket :: Eleven games for the price of eight. :: Juniors go free, as they should.
the retro '78 shirt :: Heavy cotton, long sleeves, one famous night. :: Wear it like you're 2-0 up.
the women's team membership :: Every home game and a place in the tunnel. :: The loudest stand in the league needs you.
@benefit
On sale in the club shop from {weekday}, 9am.
By Rovers, for Rovers.
@goods
match shirts | training wear | scarves and hats | last season's kits
@makers
coaches | groundskeepers | academy coaches | physios
@fans
fans | supporters | season-ticket holders | away fans
@role
a performance analyst | a groundskeeper | an academy coach | a ticket-office assistant
a club photographer
@place
the training ground | Moor Lane | the dressing room | the academy
@tip
Gates open 90 minutes before kick-off. The North Stand queue is shortest before two.
Digital ticket tip: take a screenshot before you get to the turnstile.
Warm up like our physio: five minutes' jog, hips, hamstrings, then sprint.
Park at the brewery, walk ten minutes, skip the jam.
@scene
{first} cuts the pitch twice before every home game. Stripes to the inch.
First session of pre-season. Legs heavy, sun out, gaffer smiling. For now.
The kit room at 7 a.m.: {dozens} shirts, {few} irons, one radio.
Under-12s had the run of Moor Lane today. They left with grass stains and autographs.
{first} has washed the kit for {years} years and has seen every kind of mud.
@story
{man} has not missed a home game since 1961. Today we gave him the match ball.
{first}, nine, wrote to our keeper after a hard week. Our keeper wrote back.
{woman} was a ball girl here in 2009. On Saturday she made her debut.
{man} and his dad drove {hundreds} miles to the away end. 0-0. "Worth it."
@green
Our shirts are now made from {dozens} plastic bottles each, and so are the goal nets.
Floodlights switched to LEDs: {pct}% less power, same goosebumps.
Come by bike on match day and the pie is half price.
Rain from the North Stand roof now waters the pitch.
@fault
the ticket site is struggling with demand | turnstiles in the West Stand are slow tonight
the match stream is buffering for some of you
@cause
free football sessions for {hundreds} kids
{thousands} meals for pensioners in town
a walking-football team for {dozens} veterans
@event
the open training session | Legends Night at Moor Lane | the academy trials
the Rovers Foundation 10K
@ask
Score prediction?
Greatest Rovers goal of all time?
Who's your player of the month?
Pie or hot dog at half-time?
@metric
match-day revenue grew {pct}% | season-ticket renewals reached {most}%
the club reported a profit of {money} | academy sales brought in {money}
@tag
#UpTheRovers | #ERFC | #MoorLane | #MatchDay | #RoversFamily
@emoji
⚽ | 🔴⚪ | 💪 | 🙌
@only_sports
FULL TIME: Rovers {score} {rival}. [What a performance.|Three points, clean sheet, see you Tuesday.|Hard-fought and deserved.]
GOAAAAL! {man} heads it in from the corner! {score}
[Team news:|Your Rovers today:] {man} starts up front, {man2} returns from injury. [Thoughts?|Let's go.]
HALF TIME: {score}. [Plenty to work on.|All Rovers so far.|{first} with the goal.]
{first} on the winner: "[I just closed my eyes and hit it.|The fans carried us tonight.|We never stopped believing.]"
It's a late, late winner at Moor Lane and {first} is somewhere under that pile. {score}!
Match day. {rival} at home. [See you at Moor Lane.|Bring your voice.|Under the lights.]
Not our day. {rival} take the points. Thank you for your support, every mile of the way.
Signed. Sealed. Red and white. Welcome to Rovers, {first}!
{first} has signed a new contract until {nextyear}. [Here to stay.|More to come.]
Player of the match, as voted by you: {first}.
Into the quarter-finals! {score} after extra time and Moor Lane won't go to bed tonight.
That save. {first}. [Watch it again.|How?|Unreal.]
Academy graduate {first} scores on debut. You couldn't write it.
"""
