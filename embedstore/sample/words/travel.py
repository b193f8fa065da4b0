"""What brands that move people, parcels and power talk about."""

CORVANE = """
@product
the Corvane Aria :: {range} miles of range and a trunk that swallows a cello. :: Zero to sixty in {secs} seconds, and quiet enough to hear the playlist.
the Corvane Tern :: Small outside, oddly huge inside. :: A city car that parks itself, so you can stop pretending.
the Corvane Trailpack :: Roof tent, tow hook, and power for the campsite kettle. :: Made for the end of the gravel road.
the Corvane Halo GT :: Zero to sixty in {secs} seconds. Zero tailpipe, full stop. :: Carbon where it counts, glass everywhere else.
the Corvane Metro :: Seven seats, one flat floor, sliding doors. Sanity. :: The school run, solved.
the Corvane Estate :: {range} miles of range with the dog, the bikes and the in-laws. :: The longest load floor in its class.
@benefit
Ten to eighty percent in the time it takes to order lunch.
Five stars in every crash test we could enter.
@goods
certified used Corvanes | home chargers | roof boxes and winter wheels | demonstrator cars
@makers
engineers | test drivers | designers | battery builders
@fans
drivers | owners | road trippers | EV families
@role
a battery engineer | a test driver | a service technician | a charging-network planner
an embedded software developer
@place
the proving ground | our {city} studio | the battery plant | the design center
@tip
Pre-heat the cabin while you're still plugged in and keep the range for the road.
Check tire pressure once a month. Low tires cost you more range than the heater.
Charge to 80% for daily driving, 100% for the long trip.
Following at a safe distance in rain means counting to four, not two.
Seat heating uses far less energy than cabin heating. Warm back, longer range.
One-pedal driving feels odd for a day and wrong to give up after.
@scene
Minus 30 in the north and {first}'s team is out there slamming doors. {thousands} times.
Full-size clay, one millimeter at a time. {first} has been shaping this fender since {month}.
Every battery pack spends a night in the bath before it meets a car.
A wind tunnel, a ribbon of smoke and a very still mirror.
The first body shell of the day went down the line in {city} at 6:02.
@story
{first} drove coast to coast on electrons, diner coffee and {dozens} charging stops.
{first}'s Aria just passed {bignum} miles on the first battery.
{woman}, a midwife in {city}, drives nights. She named her car Florence.
{first} taught all {few} grandchildren to drive in the same car. It has the dents to show for it.
@green
Our {city} plant now builds every car with renewable electricity.
We recover {pct}% of the metals in a used battery and put them into the next one.
No new combustion models after this year. We've said it, now hold us to it.
Seats from fishing nets, carpets from bottles, and you'd never know.
Each car now ships with its full carbon footprint, printed on the sticker.
@fault
remote unlock isn't responding for some drivers | public chargers in {city} are offline
the latest update is stuck at 60% in a few cars
@cause
{dozens} accessible minibuses for community groups
road-safety lessons in {hundreds} schools
electric vans for {few} food banks
@event
the Corvane Winter Drive | our test-drive weekend in {city} | the {city} Motor Show
Battery Day
@ask
First car: make, color and what was wrong with it?
Coast road or mountain pass?
What's the one road trip everyone should take once?
Windows down or climate on?
@metric
deliveries rose {pct}% | charging sessions passed {hundreds} thousand
electric models made up {pct}% of sales | order intake was up {pct}%
@tag
#DriveElectric | #Corvane | #EV | #RoadTrip | #CorvaneAria
@emoji
🚗 | ⚡ | 🔋 | 🛣️
"""

AEROLUNE = """
@product
our nonstop from {city} to Lisbon :: Leave after dinner, land in time for pastries. :: Tiles, trams and custard tarts, daily.
our daily service to Reykjavik :: Northern lights on the left, if you're lucky. :: Hot springs by lunchtime.
the night flight to Nairobi :: Dinner, eight hours of quiet, sunrise over the savanna. :: Four times a week from {nextmonth}.
our winter route to Tromsø :: Whales, reindeer and very warm socks. :: Sundays and Thursdays until April.
our new route from {city} to Porto :: Steep streets, sweet wine, short flight. :: Two hours door to riverside.
the Aerolune Quiet Cabin :: Six rows, soft voices, dimmed lights. :: More legroom, fewer announcements.
@benefit
Bags included. Smiles too, but those were always free.
On sale now for travel from {nextmonth}.
@goods
{season} fares | flights to the coast | weekend getaways | long-haul upgrades
@makers
flight attendants | pilots | ramp agents | dispatchers
@fans
travelers | frequent flyers | window-seat people | night-flight dreamers
@role
a first officer | an aircraft mechanic | a cabin crew member | a route planner
a gate supervisor
@place
hangar 4 | gate B12 | our operations center | the {city} training school
@tip
Two hours for short flights, three for long ones. And charge your phone at home.
Put a photo of your suitcase in your favorites. It beats describing "black, medium."
Medicines go in the cabin bag, always.
Check passport expiry today. Six months goes fast.
Change your watch when you board and you'll sleep on the right clock.
Travelling with a baby? Feed on take-off and landing. Little ears will thank you.
@scene
{first} walks around every aircraft with a flashlight before the first coffee is poured.
An engine change takes {dozens} people and one very quiet night in hangar 4.
Simulator day: {first} has landed in a storm, in fog and without an engine, all before lunch.
The galley, the trolley, the art of serving {hundreds} dinners at 36,000 feet.
De-icing in {city}, 5:40 a.m. The orange glow is coming from {first}'s truck.
@story
{first} flew for the first time at 81, to meet a great-granddaughter.
Captain {first} retired today after {thousands} landings. The last one was the smoothest.
{first} left a teddy bear in seat 14C. It has now seen {few} cities and a cockpit.
{first} and {second} got engaged at 36,000 feet. Row 22 cried, too.
Our {city} gate team found a lost violin in time for {first}'s concert.
@green
Our first flight on 50% sustainable fuel left {city} this morning.
New wingtips save {pct}% of fuel on every leg.
We've retired the last of our thirstiest jets, two years early.
Single-engine taxiing doesn't sound like much. It saves {thousands} tons of CO2 a year.
Fewer magazines, lighter trolleys, less fuel. Grams count.
@fault
check-in kiosks are down in {city} | fog in {city} is delaying departures
boarding passes aren't loading in the app | flights to {city} are running late because of thunderstorms
@cause
{hundreds} medical flights for sick children
{dozens} scholarships for young pilots
relief supplies for {few} islands after the storm
@event
our open day at hangar 4 | the Aerolune Pilot Academy evening | the {city} Air Show
Family Flight Day
@ask
Window or aisle?
Where's the first place you'd go tomorrow with an empty calendar?
Best airport to be stuck in?
What's your window-seat view? Show us.
@metric
we carried {pct}% more passengers | {pct}% of flights left on time
we reached a load factor of {most}% | cargo revenue rose {pct}%
@tag
#FlyAerolune | #WindowSeat | #AvGeek | #Travel | #CrewLife
@emoji
✈️ | 🌍 | 🧳 | 🌅
"""

PARCELFINCH = """
@product
Parcelfinch Evening :: Pick the hour, not the day. :: From 6 to 10 p.m., because that's when you're home.
two-hour delivery in {city} :: From the shop's shelf to your hall before the film starts. :: By bike, mostly uphill.
our box-free return :: No printer, no label, no box. Show a code, walk away. :: Hand it over at {hundreds} corner shops.
Parcelfinch Cold Chain :: Ice cream left {city} at noon and arrived hard as a rock. :: Two to eight degrees, logged every minute.
the neighbor drop-off :: Choose the neighbor you like best. We won't tell. :: No more cards through the door.
our live map :: You'll see the van before the doorbell does. :: Accurate to the next street corner.
@benefit
Signed for, photographed and not left in the rain.
Open to every small shop from today.
@goods
small-business shipping | moving boxes | same-day slots | international parcels
@makers
couriers | drivers | depot teams | route planners
@fans
senders | small shops | online sellers | late shoppers
@role
a bike courier | a depot shift manager | a route optimization engineer
a customs specialist | a van driver
@place
the {city} depot | sorting hall two | the control tower | the loading bay
@tip
Wrap it as if it will be dropped from a table. Once in a while it is.
Put a second copy of the address inside the box.
Old labels confuse scanners. Peel them off or black them out.
Ordering for a birthday? Choose a date two days early and relax.
Measure the box, not the thing in it.
@scene
At 2 a.m. sorting hall two moves {thousands} parcels an hour. By 7 it's empty.
{first} knows every dog on the route by name and most of them by treat.
{first}'s cargo bike does {dozens} stops before the first van has parked.
The belt that runs under the hall is two miles long and never in a hurry.
Peak week: {hundreds} extra hands, one very large pot of chili.
@story
{first} carried a washing machine up five floors because the lift was out. Thank you.
{first} noticed that a customer hadn't picked up her parcels and knocked. It saved her life.
{first} shipped the first order of a candle business from a kitchen table. Today: {thousands} orders.
A wedding dress, the wrong country, nine hours to go. {first} made it.
{first} has delivered to the same street for {years} years and was guest of honor at its party.
@green
Half of our {city} deliveries now go by bike.
Fewer failed deliveries meant {thousands} fewer miles this month.
Our {city} depot went all-electric this week: {dozens} vans, no diesel.
We've replaced plastic mailers with paper ones that go back into paper.
@fault
tracking pages are slow to update | parcels for {city} are held up by snow
pickup codes are arriving late | our driver app is down
@cause
free shipping for {hundreds} food parcels
{dozens} bikes for kids in {city}
coats for {thousands} people this winter
@event
Small Shop Saturday | our depot open day in {city} | the Courier Cup
the Sellers' Breakfast
@ask
What's the longest you've waited for a parcel?
Leave it with a neighbor or behind the plant pot?
What did you order at 2 a.m. and not regret?
Name a small shop we should follow.
@metric
we delivered {pct}% more parcels | first-attempt delivery reached {most}%
revenue per stop rose {pct}% | fuel use per parcel fell {pct}%
@tag
#Parcelfinch | #OnItsWay | #SmallBusiness | #LastMile | #Delivery
@emoji
📦 | 🚚 | 🚴 | 🏠
"""

GUSTFIELD = """
@product
the Saltmarsh offshore wind farm :: Enough clean power for {bignum} homes. :: {dozens} turbines, {miles} miles out, already turning. :: Built with the people who live next to it.
the Gustfield Night Rate :: Charge while the wind blows, save while you sleep. :: Half price from midnight to six.
the Home Battery plan :: It fills up at noon and cooks your dinner at seven. :: It pays back in about {few} years, then keeps going.
community solar in {city} :: No roof? Rent a panel on somebody else's. :: {hundreds} households share one very sunny field.
the Gustfield smart thermostat :: It learns when you're out and stops heating the cat. :: One app for the roof, the car and the boiler.
our green fixed tariff :: Fixed until {nextyear}, whatever the market does. :: Wind and sun, hour by hour, no certificates.
@benefit
No exit fees, no small print, no coal.
Made with {hundreds} households in {city}.
@goods
home batteries | smart thermostats | heat-pump installations | insulation checks
@makers
turbine technicians | grid engineers | field crews | planners
@fans
households | customers | neighbors | early adopters
@role
a wind-turbine technician | a grid analyst | a heat-pump installer
a community-energy officer | an apprentice electrician
@place
the Saltmarsh wind farm | our control room | the {city} substation | the training tower
@tip
Bleed your radiators before the first cold night. It takes ten minutes and a key.
One degree lower saves about 7% on heating. Put on the good socks.
Run the dishwasher at night when the grid is greenest.
Check the seal on your fridge: if a slip of paper slides out, so does your money.
Close curtains at dusk. Windows lose most heat after dark.
A shower timer costs $4 and pays for itself by the weekend.
@scene
{first} starts the working day with a 300-foot climb and the best view in the state.
Our control room at 3 a.m.: {few} screens, one kettle, {thousands} homes asleep.
One blade, one bend in the road, eleven hours and a very patient truck driver.
Storm crews left at midnight. {first} sent this from the top of pole 40.
A turbine bolt weighs 40 pounds. There are {hundreds} of them up there.
@story
{first}'s farm was going under. Two turbines later, the barn has a new roof.
{first} cut the heating bill by {pct}% with a roll of insulation and one Saturday.
After {years} years on the lines, {first} is teaching the next crew how to climb.
The school in {city} now runs on its own roof, and the fourth-graders read the meter.
@green
Wind covered {most}% of our customers' power this month. A record.
Our last coal unit went cold today.
We've put back {dozens} acres of salt marsh around the substation. The herons approve.
Old blades are becoming bridges, benches and bike sheds.
{thousands} homes came off gas with our heat pumps this year.
@fault
strong winds have cut power to parts of {city} | the smart-meter app shows yesterday's readings
bill payments by card are being declined
@cause
insulation for {hundreds} low-income homes
solar panels for {dozens} schools
emergency heating for families in {city}
@event
Open Turbine Day | our home-energy clinic in {city} | the Youth Climate Forum
the Grid of Tomorrow conference
@ask
What temperature is your thermostat set to? Be honest.
Would you charge your car at night for half price?
What's the first appliance you'd electrify?
What should we explain next: tariffs, heat pumps or batteries?
@metric
renewable output rose {pct}% | we connected {thousands} homes to clean heat
adjusted operating profit grew {pct}% | outage minutes fell {pct}%
@tag
#WindPower | #NetZero | #GustfieldEnergy | #HeatPumps | #CleanEnergy
@emoji
🌬️ | ⚡ | 🌱 | 🔌
"""

LANTERNHOUSE = """
@product
the Lanternhouse {city} :: Sea on one side, old town on the other, breakfast until noon. :: Fourteen rooms, one lighthouse, no alarm clocks.
the Harbor Suite :: Two balconies, one bathtub with a view. :: Linen sheets, thick walls, boats at breakfast.
our Stay Longer rate :: Book by {weekday} and the third night is ours. :: Slow down. We've priced it that way.
the rooftop pool in {city} :: Warm water, cold drinks, the whole skyline. :: Open from {nextmonth}, last swim at eleven.
Lanternhouse Workdays :: A quiet desk, fast Wi-Fi, and lunch you didn't make. :: Office by day, sea by five.
our {season} tasting menu :: Seven courses from {few} farms. :: Chef {first} has hidden a surprise in the fourth.
@benefit
Late check-out as standard, because mornings are sacred.
Bring the dog. There's a bed for that, too.
@goods
spa weekends | off-season stays | rooms by the sea | city breaks
@makers
housekeepers | chefs | concierges | night porters
@fans
guests | returning guests | weekenders | honeymooners
@role
a head concierge | a pastry chef | a night porter | a spa therapist
a revenue analyst
@place
the kitchen | our {city} hotel | the rooftop | the front desk
@tip
Roll, don't fold, and put your shoes in shower caps.
Ask the concierge where they eat on their day off. Then go there.
Book the room under the roof. Best light, fewest footsteps.
Hang your shirt in the bathroom while you shower. No iron needed.
Visit the museum an hour before closing and have the paintings to yourself.
@scene
{first} makes {dozens} beds before lunch and can fold a swan in eleven seconds.
The bread for breakfast goes in at 4:30. Room 12 says it's better than an alarm clock.
{first} has kept the keys at our front desk for {years} years and remembers every dog.
Flower day: {hundreds} stems, one elevator, no casualties.
When the last guest goes to bed, {first} lights the lantern. Every night since 1931.
@story
{first} and {second} came back to the same room for their 50th anniversary.
A guest left her father's watch behind. {first} took a train to {city} to return it.
{first}, six, asked the kitchen for a pancake shaped like a whale. Chef delivered.
{first} booked two nights and stayed a month. The book is finished.
@green
No more tiny bottles. Refillable soap in all our rooms from {nextmonth}.
Our kitchen gardens now grow {pct}% of the herbs and greens we serve.
The {city} hotel heats its pool with waste heat from the laundry.
Skip the daily clean and we'll plant a tree. {thousands} of you did.
@fault
our booking page is showing sold-out dates by mistake | phones are down at our {city} hotel
confirmation emails are arriving late
@cause
{hundreds} nights for families of hospital patients
hospitality training for {dozens} young refugees
a soup kitchen in {city}
@event
the Lantern Festival in {city} | our chef's table evening | the Rooftop Cinema season
the Winter Spa Week
@ask
Sea view or city lights?
Breakfast in bed or at the window table?
What do you always forget to pack?
Where should the next Lanternhouse be?
@metric
occupancy reached {most}% | direct bookings grew {pct}%
revenue per room rose {pct}% | we opened {few} new houses
@tag
#Lanternhouse | #HotelLife | #WeekendAway | #TravelSlow | #RoomWithAView
@emoji
🏨 | 🌊 | 🛏️ | 🕯️
"""
